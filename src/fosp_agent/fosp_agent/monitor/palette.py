"""Colours of the monitor: who acts, and how risky it is. Those of the console."""

from __future__ import annotations

import math

RGB = tuple[float, float, float]
"""Red, green, blue in [0, 1]."""
RGBA = tuple[float, float, float, float]

ACTORS: dict[str, RGB] = {
    "new": (0.25, 0.78, 0.60),
    "offline": (0.66, 0.71, 0.75),
    "teleop": (0.79, 0.64, 0.95),
    "reset": (0.36, 0.72, 1.00),
    "cloning": (0.90, 0.85, 0.55),
    "plan": (0.34, 0.71, 0.91),
    "search": (0.60, 0.80, 0.98),
    "hold": (1.00, 0.80, 0.30),
}
"""By the policy whose candidate acts, or by the source of the request."""
UNKNOWN: RGB = (0.92, 0.94, 0.96)
VETO: RGB = (1.00, 0.25, 0.20)
TEXT: RGB = (0.92, 0.94, 0.96)
QUIET: RGB = (0.64, 0.70, 0.75)
BOX: RGB = (0.36, 0.72, 1.00)
SAFE: RGB = (0.30, 0.76, 0.54)
DOUBTFUL: RGB = (0.96, 0.65, 0.26)
AXES: tuple[RGB, RGB, RGB] = ((0.90, 0.25, 0.25), (0.30, 0.80, 0.30), (0.30, 0.45, 0.95))


def of_actor(name: str) -> RGB:
    """Whoever acts."""
    return ACTORS.get(name, UNKNOWN)


def of_risk(probability: float) -> RGB:
    """From green at 0 over amber at one half to red at 1; white where it is not known."""
    if not math.isfinite(probability):
        return UNKNOWN
    share = min(max(probability, 0.0), 1.0) * 2.0
    low, high, part = (SAFE, DOUBTFUL, share) if share <= 1.0 else (DOUBTFUL, VETO, share - 1.0)
    red, green, blue = (a + (b - a) * part for a, b in zip(low, high, strict=True))
    return red, green, blue


def with_alpha(color: RGB, alpha: float = 1.0) -> RGBA:
    """The colour, let through by ``1 - alpha``."""
    return (*color, alpha)


def in_bytes(color: RGB) -> tuple[int, int, int]:
    """In 0 to 255."""
    red, green, blue = (round(255 * part) for part in color)
    return red, green, blue
