"""Where the camera sees a place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fosp_agent.control.projection import Vector, project, stretched


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
        stretch = np.array([width, height]) / self.side
        return stretched(project(self.matrix, points), stretch)
