"""The policy that comes with the repository."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED_WEIGHTS = Path("models/safereach-small/weights.safetensors")
"""Its weights file, below the repository's root."""


def present(weights: Path) -> Path:
    """Where the shipped weights lie, wherever ``./safereach`` is called; others as given."""
    elsewhere = Path(os.environ.get("SAFEREACH_ROOT", ".")) / weights
    return elsewhere if weights == SHIPPED_WEIGHTS and not weights.exists() else weights
