"""What a piece of work takes and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fosp_agent.experiments.unit import Unit

Progress = Callable[[int, int, str], None]
"""Done, of how many, of what."""


@dataclass(frozen=True)
class Found:
    """What a unit found."""

    result: Mapping[str, Any]
    """Without times."""
    timed: Mapping[str, Any] = field(default_factory=dict)
    """What the work timed itself."""


Work = Callable[[Path, Unit, Progress], Found]
"""The experiment's folder, the unit, and whom to tell; it may be called again after a kill."""
