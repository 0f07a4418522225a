"""Where things stand in an episode: a function of the task and the seed alone.

Frame: the arm's base, x forwards, y to its left, z up; table top at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safereach.tasks import Task

WORKSPACE_CENTRE = (0.55, 0.0)
"""Centre of the bordered square [m]."""
WORKSPACE_SIDE = 0.25
"""[m]"""
TARGET_PLACEMENTS = ((0.650, -0.085), (0.650, 0.0), (0.650, 0.085))
"""x, y [m]"""
OBSTACLE_PLACEMENTS = (
    (0.520, -0.055),
    (0.520, 0.0),
    (0.520, 0.055),
    (0.578, -0.080),
    (0.578, 0.0),
    (0.578, 0.080),
)
"""x, y [m]"""
START = (0.378, 0.0, 0.055)
"""Mean tool point at the start [m]."""
START_JITTER = (0.004, 0.020, 0.012)
"""Half ranges of the start about its mean [m]."""
PLACEMENT_JITTER = 0.003
"""Half range by which a thing misses its placement [m]."""
YAW_JITTER = 0.12
"""Half range of an obstacle's yaw [rad]."""
BLOCKED_SHARE = 0.6
"""Share of layouts in which an obstacle stands on the straight line to the target."""
FINGER_HALF_WIDTH = 0.011
"""What the fingers need on either side of the tool point [m]."""


@dataclass(frozen=True)
class Layout:
    """The scene at the start of an episode."""

    start: tuple[float, float, float]
    """Tool point [m]."""
    target: tuple[float, float]
    """x, y [m]."""
    obstacles: tuple[tuple[float, float, float], ...]
    """x, y [m], yaw [rad] of each."""


def distance_to_segment(
    point: npt.NDArray[np.float64],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> float:
    """Distance [m] in the plane from a point (2,) to the segment between two others."""
    along = end - start
    share = float(np.clip(np.dot(point - start, along) / np.dot(along, along), 0.0, 1.0))
    return float(np.linalg.norm(point - (start + share * along)))


def is_blocked(layout: Layout, task: Task) -> bool:
    """Whether the fingers would hit an obstacle on the straight line to the target."""
    start, target = np.array(layout.start[:2]), np.array(layout.target)
    needed = task.obstacle.half_width + FINGER_HALF_WIDTH
    return any(
        distance_to_segment(np.array(obstacle[:2]), start, target) < needed
        for obstacle in layout.obstacles
    )


def _draw(task: Task, rng: np.random.Generator) -> Layout:
    """One layout, uniform over placements."""
    start = tuple(
        float(mean + rng.uniform(-half, half))
        for mean, half in zip(START, START_JITTER, strict=True)
    )
    target = np.array(TARGET_PLACEMENTS[rng.integers(len(TARGET_PLACEMENTS))])
    target = target + rng.uniform(-PLACEMENT_JITTER, PLACEMENT_JITTER, 2)
    chosen = rng.choice(len(OBSTACLE_PLACEMENTS), task.obstacles, replace=False)
    obstacles = []
    for index in chosen:
        x, y = np.array(OBSTACLE_PLACEMENTS[index]) + rng.uniform(
            -PLACEMENT_JITTER, PLACEMENT_JITTER, 2
        )
        obstacles.append((float(x), float(y), float(rng.uniform(-YAW_JITTER, YAW_JITTER))))
    return Layout(
        (start[0], start[1], start[2]),
        (float(target[0]), float(target[1])),
        tuple(obstacles),
    )


def layout_for(task: Task, seed: int) -> Layout:
    """The layout of a seed: blocked with probability ``BLOCKED_SHARE``, for every task."""
    rng = np.random.default_rng(seed)
    blocked = bool(rng.random() < BLOCKED_SHARE)
    while True:
        layout = _draw(task, rng)
        if is_blocked(layout, task) == blocked:
            return layout
