"""Where the versions of a run's weights lie, and what they are called."""

from __future__ import annotations

from pathlib import Path

FOLDER = "weights"
"""In a run's folder."""


def weights_file(folder: Path, version: int) -> Path:
    """Where the weights of a version are, or will be."""
    return folder / f"weights-{version:06d}.safetensors"


def weights_files(folder: Path) -> list[Path]:
    """All versions that are there, oldest first."""
    return sorted(folder.glob("weights-*.safetensors"))


def version_of(path: Path) -> int:
    """The version by a file's name."""
    return int(path.stem.split("-")[1])
