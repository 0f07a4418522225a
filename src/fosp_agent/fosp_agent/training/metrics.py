"""One JSON line an episode learned from: what the fine-tuning run looked like."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, BinaryIO

from fosp_agent.training.learner import Lesson, WeightsInfo

METRICS = "metrics.jsonl"
"""In a run's folder."""


class MetricsLog:
    """Appends to ``metrics.jsonl``."""

    def __init__(self, path: Path) -> None:
        """Append to ``path``, made when it is missing."""
        self._path = path

    def append(self, lesson: Lesson, weights: WeightsInfo) -> None:
        """Note one lesson and the weights it led to."""
        record = {
            "time": round(time.time(), 3),
            "episode_id": lesson.episode.id,
            "label_revision": lesson.label_revision,
            "episode_return": float(lesson.episode.reward.sum()),
            "episode_cost": float(lesson.episode.cost.sum()),
            "weights_version": weights.version,
            "updates": weights.updates,
            "lesson_updates": lesson.updates,
            "seconds": round(lesson.seconds, 3),
            **{name: float(value) for name, value in lesson.metrics.items()},
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                file.write(b"\n")  # a crash cut the line before
            file.write(json.dumps(record).encode() + b"\n")


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """The entries of a ``metrics.jsonl``; a last line cut short by a crash is left out."""
    if not path.exists():
        return []
    entries = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries
