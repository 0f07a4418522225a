"""Where the person means to go: polylines through the workspace, near, around or into things."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safereach.layouts import FINGER_HALF_WIDTH, Layout
from fosp_sim_bridge.safereach.tasks import Task

Points = npt.NDArray[np.float64]

REGION_LOW = np.array([0.375, -0.118, 0.022])
"""Lowest x, y, z [m] that the person aims for."""
REGION_HIGH = np.array([0.670, 0.118, 0.118])
_SPACING = 0.004


@dataclass(frozen=True)
class Scene:
    """What the person sees before starting."""

    layout: Layout
    task: Task

    @property
    def start(self) -> Points:
        """Tool point (3,) [m]."""
        return np.array(self.layout.start)

    @property
    def target(self) -> Points:
        """Centre of the target (3,) [m]."""
        return np.array([*self.layout.target, self.task.target.half_height])

    @property
    def obstacles(self) -> Points:
        """Centres (N, 2) in the plane [m]."""
        return np.array(self.layout.obstacles)[:, :2]

    @property
    def obstacle_top(self) -> float:
        """Height of their tops [m]."""
        return 2 * self.task.obstacle.half_height


def _along(path: Points) -> Points:
    """Points (M, 3) every few millimetres on a polyline (N, 3)."""
    pieces = []
    for first, second in pairwise(path):
        count = max(2, int(np.linalg.norm(second - first) / _SPACING))
        pieces.append(first + np.linspace(0.0, 1.0, count)[:, None] * (second - first))
    return np.concatenate(pieces)


def clearance(scene: Scene, path: Points) -> float:
    """Smallest free distance [m] between the fingers on a polyline and any obstacle's side.

    Negative inside an obstacle. Parts of the path well above the obstacles are free.
    """
    points = _along(path)
    points = points[points[:, 2] < scene.obstacle_top + 0.008]
    if not len(points):
        return 1.0
    offset = np.abs(points[:, None, :2] - scene.obstacles) - scene.task.obstacle.half_width
    outside = np.linalg.norm(np.maximum(offset, 0.0), axis=-1)
    inside = np.minimum(offset.max(axis=-1), 0.0)
    return float((outside + inside).min()) - FINGER_HALF_WIDTH


def distance_to_target(scene: Scene, path: Points) -> float:
    """Smallest distance [m] in the plane between a polyline and the target's side."""
    near = np.linalg.norm(_along(path)[:, :2] - scene.target[:2], axis=1).min()
    return float(near) - scene.task.target.half_width - FINGER_HALF_WIDTH


def random_points(rng: np.random.Generator, count: int) -> Points:
    """Points (count, 3) anywhere in the region, low ones more often."""
    points: Points = rng.uniform(REGION_LOW, REGION_HIGH, (count, 3))
    low = rng.random(count) < 0.5
    points[low, 2] = rng.uniform(REGION_LOW[2], 0.065, int(low.sum()))
    return points


def approach(scene: Scene, rng: np.random.Generator) -> Points:
    """Way points (M, 3) that end in the target: from the side, or from above."""
    touch: Points = scene.target + np.array([*rng.uniform(-0.008, 0.008, 2), 0.0])
    if rng.random() < 0.25:
        above = touch + np.array([0.0, 0.0, rng.uniform(0.030, 0.055)])
        return np.stack([above, touch])
    touch[2] = rng.uniform(0.022, 0.022 + scene.task.target.half_height)
    return touch[None]


def beside_obstacle(scene: Scene, rng: np.random.Generator, gap: float) -> Points:
    """A point (1, 3) so far [m] from the side of one obstacle, at any height of it."""
    obstacle = scene.obstacles[rng.integers(len(scene.obstacles))]
    angle = rng.uniform(0.35 * np.pi, 1.65 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    reach = scene.task.obstacle.half_width / np.abs(direction).max() + FINGER_HALF_WIDTH + gap
    height = rng.uniform(REGION_LOW[2], scene.obstacle_top)
    point = np.array([*(obstacle + reach * direction), height])
    inside: Points = np.clip(point, REGION_LOW, REGION_HIGH)
    return inside[None]


def through_obstacle(scene: Scene, rng: np.random.Generator) -> Points:
    """Two points (2, 3): before an obstacle and beyond it, so that the way pushes it.

    The push is short or long, central or a brush at the edge, at any height, in any direction
    that leads away from the arm's base or sideways.
    """
    obstacle = scene.obstacles[rng.integers(len(scene.obstacles))]
    angle = rng.uniform(-0.6 * np.pi, 0.6 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    half = scene.task.obstacle.half_width + FINGER_HALF_WIDTH
    side = np.array([-direction[1], direction[0]]) * rng.uniform(-1.0, 1.0) * half
    before = obstacle + side - direction * rng.uniform(half + 0.004, half + 0.03)
    beyond = obstacle + side + direction * rng.uniform(-0.9 * half, 0.08)
    height = rng.uniform(REGION_LOW[2], scene.obstacle_top + 0.004)
    tilt = rng.uniform(-0.02, 0.02)
    points = np.array([[*before, height], [*beyond, height + tilt]])
    return np.clip(points, REGION_LOW, REGION_HIGH)


def over_obstacle(scene: Scene, rng: np.random.Generator) -> Points:
    """A point (1, 3) above an obstacle: clear of its top, as high as the region goes."""
    obstacle = scene.obstacles[rng.integers(len(scene.obstacles))]
    return np.array([[*(obstacle + rng.uniform(-0.01, 0.01, 2)), REGION_HIGH[2] + 0.003]])


def onto_obstacle(scene: Scene, rng: np.random.Generator) -> Points:
    """Two points (2, 3): above an obstacle, and down onto its top."""
    above = over_obstacle(scene, rng)
    down = above.copy()
    down[0, 2] = scene.obstacle_top - rng.uniform(0.003, 0.02)
    return np.concatenate([above, down])
