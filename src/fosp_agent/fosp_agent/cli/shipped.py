"""The policy that comes with the repository."""

from __future__ import annotations

from pathlib import Path

SHIPPED_WEIGHTS = Path("models/safereach-small/weights.safetensors")
"""Its weights file, below the root that ./safereach works in."""
