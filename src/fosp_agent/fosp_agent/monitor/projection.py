"""Where the camera sees a place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

NEAREST = 1e-3
"""Depth below which a point has no picture."""


@dataclass(frozen=True)
class Projection:
    """A calibrated camera."""

    matrix: Vector
    """(3, 4): base frame [m] -> pixel of a square picture of ``side`` pixels; (0, 0) is the centre
    of its upper left one."""
    side: int = 64

    def pixels(self, points: Vector, width: int, height: int) -> Vector:
        """Points (N, 3) [m] in the same view of width x height pixels: (N, 2).

        NaN for what is behind the camera.
        """
        seen = np.hstack([points, np.ones((len(points), 1))]) @ self.matrix.T
        depth = np.where(seen[:, 2:] > NEAREST, seen[:, 2:], np.nan)
        stretch = np.array([width, height]) / self.side
        return np.asarray((seen[:, :2] / depth + 0.5) * stretch - 0.5)
