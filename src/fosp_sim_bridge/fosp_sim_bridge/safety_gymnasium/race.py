"""The race course of Race2: where its walls stand, and by which places one gets to the goal.

Not in the simulator's own terms: its walls are meshes, of which only the inner faces matter here.
Plan view, in the world's frame [m]: up a narrow way between a fence and a rock, then right between
another fence and the same rock, among hazards.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fosp_sim_bridge.safety_gymnasium.surroundings import Vector

SPACING = 0.1
"""Of the points that stand for a wall [m]."""
FACES = (
    ((-2.70, -3.30), (-2.70, 1.55), (3.60, 1.55)),
    ((-1.75, -3.30), (-1.75, -1.00), (-2.20, -0.85), (-2.20, 0.50), (-1.90, 0.62), (3.60, 0.62)),
)
"""Inner faces: fences on the outer side, rocks on the inner one."""
TURNS = ((-2.25, -1.25), (-2.46, -0.80), (-2.46, 0.55), (-2.10, 1.08))
"""Places on the way, in this order."""
PASSED = 0.2
"""A place counts as passed this far before it [m]."""


HALF_WIDTH = 0.1
"""Of the robot; its nose reaches further, but leads along the wall [m]."""


def walls() -> Vector:
    """Points (N, 2) along all inner faces."""
    pieces = []
    for face in FACES:
        for begin, end in pairwise(face):
            count = int(np.ceil(np.hypot(end[0] - begin[0], end[1] - begin[1]) / SPACING))
            pieces.append(np.linspace(begin, end, count + 1))
    points: Vector = np.concatenate(pieces)
    return points


def next_place(here: Vector, goal: Vector) -> Vector:
    """Where to head from ``here`` (2,): the first turn not yet passed, else the goal (2,)."""
    if here[0] > TURNS[-1][0] - PASSED and here[1] > TURNS[-2][1]:
        return goal
    for turn in TURNS:
        if here[1] < turn[1] - PASSED:
            return np.array(turn)
    return np.array(TURNS[-1])
