"""Marks in space as plain data: what ``visualization_msgs/Marker`` draws, without ROS.

Positions and sizes are metres in the frame of the arm's base.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from fosp_agent.monitor.palette import RGB, RGBA, with_alpha

Vector = npt.NDArray[np.float64]
Triple = tuple[float, float, float]


class Shape(IntEnum):
    """The numbers of ``visualization_msgs/Marker`` (those that are used)."""

    ARROW = 0
    CUBE = 1
    SPHERE = 2
    LINE_STRIP = 4
    LINE_LIST = 5
    SPHERE_LIST = 7
    TEXT = 9


def _none() -> Vector:
    return np.zeros((0, 3))


@dataclass(frozen=True)
class Mark:
    """One thing to draw."""

    group: str
    """Marks of a group are shown and hidden together."""
    shape: Shape
    color: RGBA
    size: Triple
    """Sides of a cube or sphere. A line's width is the first. An arrow's: diameter of the shaft,
    diameter and length of the head. A text's height is the last."""
    points: Vector = field(default_factory=_none)
    """(N, 3): an arrow's two ends, a line's corners, the spheres of a list."""
    colors: tuple[RGBA, ...] = ()
    """One a point, or none."""
    at: Triple = (0.0, 0.0, 0.0)
    """Where a cube, sphere or text is."""
    turn: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)
    """Its orientation: quaternion x, y, z, w."""
    text: str = ""

    @property
    def finite(self) -> bool:
        """Whether every number can be drawn; viewers refuse a mark that has one that cannot."""
        flat = [*self.color, *self.size, *self.at, *self.turn, *np.ravel(self.colors)]
        return bool(np.isfinite(flat).all() and np.isfinite(self.points).all())


def box_edges(low: Sequence[float], high: Sequence[float]) -> Vector:
    """The twelve edges of a box as pairs of points: (24, 3)."""
    corners = np.array([low[:3], high[:3]], np.float64)
    ends: list[Vector] = []
    for axis in range(3):
        one, other = (a for a in range(3) if a != axis)
        for i in (0, 1):
            for j in (0, 1):
                edge = np.zeros((2, 3))
                edge[:, axis], edge[:, one], edge[:, other] = (
                    corners[:, axis],
                    corners[i, one],
                    corners[j, other],
                )
                ends.append(edge)
    return np.concatenate(ends)


def line(
    group: str, points: Vector, color: RGB, width: float, colors: Sequence[RGB] = (),
    shape: Shape = Shape.LINE_STRIP,
) -> Mark:  # fmt: skip
    """A line through (N, 3) points, N >= 2, or through pairs of them; a colour each, or one."""
    each = tuple(with_alpha(one) for one in colors)
    return Mark(group, shape, with_alpha(color), (width, 0.0, 0.0), points, each)


def dots(group: str, points: Vector, colors: Sequence[RGB], size: float) -> Mark:
    """A small sphere at each of (N, 3) points, coloured each."""
    each = tuple(with_alpha(one) for one in colors)
    return Mark(group, Shape.SPHERE_LIST, each[0], (size, size, size), points, each)


def ball(group: str, at: Vector, color: RGB, size: float, alpha: float = 1.0) -> Mark:
    """A sphere."""
    return Mark(group, Shape.SPHERE, with_alpha(color, alpha), (size, size, size), at=triple(at))


def arrow(group: str, start: Vector, end: Vector, color: RGB, width: float, alpha: float) -> Mark:
    """An arrow between two points."""
    size = (width, 2.5 * width, 3.0 * width)
    return Mark(group, Shape.ARROW, with_alpha(color, alpha), size, np.array([start, end]))


def words(group: str, at: Vector, text: str, color: RGB, height: float) -> Mark:
    """A text that faces the viewer."""
    return Mark(group, Shape.TEXT, with_alpha(color), (0.0, 0.0, height), at=triple(at), text=text)


def triple(point: Vector) -> Triple:
    """(3,) as plain numbers."""
    x, y, z = (float(value) for value in point[:3])
    return x, y, z
