"""Where a camera sees places: x ~ P (X, 1), pixels of which (0, 0) is the centre of the first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]

NEAREST = 1e-3
"""Depth below which a place has no pixel, in the unit of the matrix's third row."""


def project(matrix: Vector, places: Vector) -> Vector:
    """Pixels (N, 2) of places (N, 3) [m] by a projection (3, 4); NaN for what is behind."""
    seen = np.c_[places, np.ones(len(places))] @ matrix.T
    return np.asarray(seen[:, :2] / np.where(seen[:, 2:] > NEAREST, seen[:, 2:], np.nan))


def stretched(pixels: Vector, factor: Vector | float) -> Vector:
    """Pixels (N, 2) in the same picture drawn larger by a factor, or one for each axis (2,)."""
    return np.asarray((pixels + 0.5) * factor - 0.5)
