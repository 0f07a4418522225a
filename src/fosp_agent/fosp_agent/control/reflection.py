"""How a camera beside the robot's plane of symmetry, or turned out of it, sees the mirrored scene.

Flipped from left to right, its picture shows a place's reflection elsewhere than the camera would
see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fosp_agent.control.projection import Vector, project


class Reflection(NamedTuple):
    """A flipped picture brought in line with the camera by an affine map, as far as that goes."""

    to_flipped: Vector
    """(3, 2): (u, v, 1) of the turned picture to the pixel of the flipped one."""
    matrix: Vector
    """(3, 4) projection of the mirrored places into the turned picture; exact."""


def reflection(matrix: Vector, places: Vector, side: int, signs: Sequence[float]) -> Reflection:
    """The affine map that fits these places best.

    What the camera sees otherwise because it stands elsewhere, and not only turned, depends on the
    height; no map of the picture mends that.

    Args:
        matrix: the camera's projection (3, 4).
        places: (N, 3) [m], where the robot works.
        side: of the picture [pixel].
        signs: of x, y and z in the mirror.
    """
    flip = np.array([[-1.0, 0.0, side - 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    flipped = flip @ matrix @ np.diag([*signs[:3], 1.0])
    seen = project(matrix, places)
    affine, *_ = np.linalg.lstsq(
        np.c_[seen, np.ones(len(seen))], project(flipped, places), rcond=None
    )
    return Reflection(affine, np.linalg.inv(np.c_[affine, [0.0, 0.0, 1.0]].T) @ flipped)
