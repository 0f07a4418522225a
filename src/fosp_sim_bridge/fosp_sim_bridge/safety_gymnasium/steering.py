"""Where to head: the free way in every direction, and the place to push a box from."""

from __future__ import annotations

import numpy as np

from fosp_sim_bridge.safety_gymnasium.surroundings import Surroundings, Vector

DIRECTIONS = np.linspace(-np.pi, np.pi, 73)[:-1]
"""Headings that are weighed [rad]."""
FAR = 2.0
"""What lies further off does not matter yet [m]."""
BEHIND = 0.55
"""The box is approached at a point this far behind it [m]."""
BOX_RADIUS = 0.42
"""To be kept from the box on the way there [m]."""


def free_way(angles: Vector, obstacles: Vector, margin: float) -> Vector:
    """How far one can go in each direction before an obstacle's margin begins [m].

    Args:
        angles: (D,) [rad].
        obstacles: (N, 3) x, y, radius [m].
        margin: added to each radius [m].

    Returns:
        (D,), ``FAR`` at most; 0 where it leads further into a margin already entered.
    """
    if len(obstacles) == 0:
        return np.full(len(angles), FAR)
    rays = np.stack([np.cos(angles), np.sin(angles)], -1)
    along = rays @ obstacles[:, :2].T  # (D, N)
    square = (obstacles[:, :2] ** 2).sum(-1)
    radius = obstacles[:, 2] + margin
    inside = square < radius**2
    half = radius**2 - (square - along**2)
    entry = along - np.sqrt(np.maximum(half, 0.0))
    entry = np.where((half > 0) & (along > 0), entry, FAR)
    entry = np.where(inside, np.where(along > 0, 0.0, FAR), entry)
    nearest: Vector = np.clip(entry, 0.0, FAR).min(-1)
    return nearest


def heading_to(
    target: Vector, obstacles: Vector, margin: float, reached: float, velocity: Vector
) -> float:
    """The heading [rad] with the best of free way, nearness to the target and a steady course.

    Args:
        target: (2,) [m].
        obstacles: (N, 3).
        margin: kept from each [m].
        reached: the target counts as reached at this distance [m].
        velocity: (2,) of the robot [m/s].
    """
    wanted = min(max(float(np.linalg.norm(target)) - reached, 0.1), FAR)
    bearing = float(np.arctan2(target[1], target[0]))
    off = np.abs((DIRECTIONS - bearing + np.pi) % (2 * np.pi) - np.pi)
    missing = np.maximum(wanted - free_way(DIRECTIONS, obstacles, margin), 0.0) / wanted
    across = velocity @ np.stack([np.cos(DIRECTIONS), np.sin(DIRECTIONS)])
    best = int(np.argmin(off + 4.0 * missing - 0.5 * across))
    straight = missing[best] == 0 and off[best] <= np.pi / 72
    return bearing if straight else float(DIRECTIONS[best])


def pushing_target(around: Surroundings) -> tuple[Vector, Vector | None]:
    """Where to drive: the goal itself, or where the box is pushed from.

    Returns:
        The target (2,), and the box as an obstacle (1, 3) while driving around it; None when there
        is none, or when it is being pushed.
    """
    if around.box is None:
        return around.goal, None
    way = around.goal - around.box
    way = way / max(float(np.linalg.norm(way)), 1e-6)
    across = float(way[0] * around.box[1] - way[1] * around.box[0])
    before = float(way @ around.box)
    if before > 0.1 and abs(across) < 0.5 * before:
        # Behind the box: aim past its centre on the side one is off to, so that it comes straight.
        normal = np.array([-way[1], way[0]])
        return around.box + 0.6 * across * normal, None
    return around.box - BEHIND * way, np.array([[*around.box, BOX_RADIUS]])
