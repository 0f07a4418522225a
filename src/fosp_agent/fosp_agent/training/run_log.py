"""Numbers of a training run: TensorBoard for the eye, JSON lines for programs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import SummaryWriter

from fosp_agent.training.metrics import METRICS

TENSORBOARD = "tensorboard"


class RunLog:
    """Writes ``tensorboard/`` and ``metrics.jsonl`` in the run's folder."""

    def __init__(self, run_dir: Path, resumed_at: int | None = None) -> None:
        """Open both.

        Args:
            run_dir: of the run.
            resumed_at: step of the checkpoint that the run goes on from; what TensorBoard holds of
                later steps is hidden, for they are taken again.
        """
        self._writer = SummaryWriter(str(run_dir / TENSORBOARD), purge_step=resumed_at)
        self._path = run_dir / METRICS

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name, at a gradient step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._append({"step": step, **values})

    def note(self, step: int, kind: str, text: str) -> None:
        """Something that a person should know, such as a warning."""
        self._writer.add_text(kind, text, step)
        self._append({"step": step, kind: text})
        self._writer.flush()

    def video(self, step: int, name: str, data: bytes, size: tuple[int, int]) -> None:
        """An animated GIF among TensorBoard's images.

        Args:
            step: gradient step.
            name: tag.
            data: the file's bytes.
            size: height, width [pixel].
        """
        height, width = size
        image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=data)
        summary = Summary(value=[Summary.Value(tag=name, image=image)])
        # The public add_video would want moviepy.
        writer = self._writer._get_file_writer()  # type: ignore[no-untyped-call]
        writer.add_summary(summary, step)

    def flush(self) -> None:
        """Make TensorBoard's file complete."""
        self._writer.flush()

    def _append(self, record: dict[str, Any]) -> None:
        line = json.dumps({"time": round(time.time(), 3), **record})
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
