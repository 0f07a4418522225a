"""What the behaviour policies know and the cameras do not: true positions, in the robot's frame.

Frame: x ahead of the camera, y to the left, origin at the robot [m].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fosp_sim_bridge.safety_gymnasium import race
from fosp_sim_bridge.safety_gymnasium.body import Body

Vector = npt.NDArray[np.float64]

HALF_DIAGONAL = 1.42
"""Of a box, in half edges."""


_RACE_WALLS = race.walls()


@dataclass(frozen=True)
class Surroundings:
    """One moment."""

    goal: Vector
    """(2,) where the goal, the button to press, or the next turn of a course is."""
    goal_radius: float
    """Distance of centres at which it is reached [m]."""
    dangers: Vector
    """(N, 3) x, y and the distance that the robot's centre must keep [m]; they cost."""
    solids: Vector
    """(M, 3) the same for what only blocks the way."""
    velocity: Vector
    """(2,) [m/s]"""
    box: Vector | None
    """(2,) the box that is to be pushed to the goal, if there is one."""


@dataclass(frozen=True)
class _Thing:
    """How close the robot may come to an obstacle."""

    body: bool
    """Its contact counts, so the robot's own reach is added; else its centre alone."""
    stretch: float = 1.0
    """Of the obstacle's size."""


_THINGS = {
    "hazards": _Thing(body=False),
    "vases": _Thing(body=True, stretch=HALF_DIAGONAL),
    "gremlins": _Thing(body=True, stretch=HALF_DIAGONAL),
    "buttons": _Thing(body=True),
    "pillars": _Thing(body=True),
}


def look_around(task: Any, body: Body) -> Surroundings:
    """Read the simulator's task (``env.task`` of Safety-Gymnasium)."""
    ahead = task.agent.mat[:2, :2] @ np.array(body.ahead)
    axes = np.array([ahead, [-ahead[1], ahead[0]]]) / np.linalg.norm(ahead)
    here = task.agent.pos[:2]
    dangers: list[Vector] = []
    solids: list[Vector] = []
    for obstacle in task._obstacles:
        thing = _THINGS.get(obstacle.name)
        if thing is None:
            continue
        radius = obstacle.size * thing.stretch + (body.reach if thing.body else 0.0)
        for index, position in enumerate(obstacle.pos):
            if index != getattr(obstacle, "goal_button", None):
                spot = np.append(axes @ (position[:2] - here), radius)
                _sort_in(obstacle, spot, dangers, solids)
    box = getattr(task, "push_box", None)
    place = task.goal.pos[:2]
    if task._is_load_static_geoms:
        place = race.next_place(here, place)
        radius = np.full((len(_RACE_WALLS), 1), race.HALF_WIDTH)
        solids.extend(np.hstack([(_RACE_WALLS - here) @ axes.T, radius]))
    return Surroundings(
        goal=axes @ (place - here),
        goal_radius=float(task.goal.size) if not hasattr(task, "buttons") else 0.0,
        dangers=np.array(dangers).reshape(-1, 3),
        solids=np.array(solids).reshape(-1, 3),
        velocity=axes @ task.agent.vel[:2],
        box=None if box is None else axes @ (box.pos[:2] - here),
    )


def _sort_in(obstacle: Any, spot: Vector, dangers: list[Vector], solids: list[Vector]) -> None:
    """What costs is a danger; what costs nothing and does not move blocks; vases give way."""
    if obstacle.is_constrained:
        dangers.append(spot)
    elif obstacle.name == "pillars":
        solids.append(spot)
