"""What processes of an experiment do at the same moment; importable by those processes."""

from __future__ import annotations

from multiprocessing.synchronize import Barrier
from pathlib import Path

from fosp_agent.experiments.folder import note_kind


def begin_often(root: Path, rounds: int, together: Barrier) -> None:
    """Make one folder after the other that of an experiment, each beside the other crews."""
    for number in range(rounds):
        together.wait(timeout=30)
        note_kind(root / str(number), "safereach")
