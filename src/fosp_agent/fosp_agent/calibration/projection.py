"""A camera's projection from places whose pixels are known (direct linear transformation)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from fosp_agent.control.projection import project
from fosp_agent.control.reflection import reflection
from fosp_agent.errors import UserError

FloatArray: TypeAlias = npt.NDArray[np.float64]

LEAST_POINTS = 12
"""Six determine a projection; twice as many tell a wrong one."""
LEAST_SPREAD = 0.01
"""[m] standard deviation along the direction in which the places differ least."""
OUTLIER = 3.0
"""Points further off than this many times the median error are left out of the next fit."""
ROUNDS = 10
MIRROR_TOLERANCE = 2.0
"""[pixel of 64] that reflections may be off on the average; the simulator's camera, 6 cm beside the
plane, is by 1.0."""
SMALLEST_TOLERANCE = 0.5
"""[pixel] what no point is left out for."""


class CalibrationError(UserError):
    """The points do not determine a projection."""


@dataclass(frozen=True)
class Projection:
    """x ~ P (X, 1): a place [m] to a pixel, and how well it fits."""

    matrix: FloatArray
    """(3, 4); the third row's product is the depth, positive in front of the camera, in metres."""
    error: FloatArray
    """(N,) distance of each point from its pixel."""
    used: npt.NDArray[np.bool_]
    """(N,) false for points left out as outliers."""

    def __call__(self, places: FloatArray) -> FloatArray:
        """(N, 3) -> (N, 2); NaN for what is behind the camera."""
        return project(self.matrix, places)

    @property
    def rms(self) -> float:
        """Root mean square error of the points used."""
        return float(np.sqrt(np.mean(self.error[self.used] ** 2)))


def mirrors(matrix: FloatArray, places: FloatArray, side: int) -> bool:
    """Whether a picture of ``side`` pixels, mirrored and aligned, shows the mirrored scene.

    Where the camera is turned does not matter; how far it stands beside the robot's plane of
    symmetry, y = 0, does. Only then may training mirror (``training.mirror_aligned``).
    """
    view = reflection(matrix, places, side, (1.0, -1.0, 1.0))
    off = project(view.matrix, places) - project(matrix, places)
    return bool(np.linalg.norm(off, axis=1).mean() <= MIRROR_TOLERANCE * side / 64)


def fit(places: FloatArray, pixels: FloatArray) -> Projection:
    """The projection that sends the places (N, 3) [m] to the pixels (N, 2).

    Fitted again without the points that are far off, until these stay the same.

    Raises:
        CalibrationError: too few points, or they lie (nearly) in a plane.
    """
    used = np.ones(len(places), np.bool_)
    for _ in range(ROUNDS):
        _check(places[used])
        matrix = _solve(places[used], pixels[used])
        error = np.linalg.norm(project(matrix, places) - pixels, axis=1)
        error = np.where(np.isfinite(error), error, np.inf)  # behind the camera
        near = error <= max(OUTLIER * float(np.median(error)), SMALLEST_TOLERANCE)
        if (near == used).all():
            break
        used = near
    return Projection(matrix, error, used)


def _check(places: FloatArray) -> None:
    if len(places) < LEAST_POINTS:
        raise CalibrationError(
            f"{len(places)} usable views of the marker; at least {LEAST_POINTS} are needed: "
            "show it to the camera at more places of the workspace"
        )
    least = float(np.linalg.svd(places - places.mean(0), compute_uv=False)[-1])
    spread = least / np.sqrt(len(places))
    if spread < LEAST_SPREAD:
        raise CalibrationError(
            f"the places lie within {1000 * spread:.1f} mm of one plane; a projection needs depth: "
            "move up and down as well as sideways and forward"
        )


def _solve(places: FloatArray, pixels: FloatArray) -> FloatArray:
    """Least squares of the algebraic error in normalised coordinates."""
    to_place, to_pixel = _normalising(places), _normalising(pixels)
    homogeneous = np.c_[places, np.ones(len(places))] @ to_place.T
    (u, v) = (np.c_[pixels, np.ones(len(pixels))] @ to_pixel.T)[:, :2].T
    zeros = np.zeros_like(homogeneous)
    rows = np.r_[
        np.c_[homogeneous, zeros, -u[:, None] * homogeneous],
        np.c_[zeros, homogeneous, -v[:, None] * homogeneous],
    ]
    solution = np.linalg.svd(rows)[2][-1].reshape(3, 4)
    matrix: FloatArray = np.linalg.inv(to_pixel) @ solution @ to_place
    matrix = matrix / np.linalg.norm(matrix[2, :3])  # the third row then measures depth in metres
    in_front = np.c_[places, np.ones(len(places))] @ matrix[2]
    facing: FloatArray = matrix * np.sign(np.median(in_front))
    return facing


def _normalising(points: FloatArray) -> FloatArray:
    """(D + 1, D + 1) that moves points (N, D) around 0 and to unit spread."""
    size = points.shape[1]
    scale = 1.0 / max(float(points.std()), 1e-9)
    transform = np.eye(size + 1) * scale
    transform[:size, size] = -scale * points.mean(0)
    transform[size, size] = 1.0
    return transform
