"""The robots that the behaviours can drive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Body:
    """One robot of Safety-Gymnasium."""

    reach: float
    """How far it reaches from its centre [m]."""
    ahead: tuple[float, float]
    """The camera's direction in the body's own frame."""
    top_speed: float
    """At full force [m/s]."""
    gain: float
    """Force for a velocity that is missing [s/m]; 0 where the wheels do not slide."""
    action: Callable[[float, float], npt.NDArray[np.float32]]
    """From forward force and turn to the left, each in [-1, 1], to the robot's own action (2,)."""


def _point(forward: float, turn: float) -> npt.NDArray[np.float32]:
    """Force and turning speed."""
    return np.clip(np.array([forward, turn], np.float32), -1, 1)


def _car(forward: float, turn: float) -> npt.NDArray[np.float32]:
    """The two wheels."""
    return np.clip(np.array([forward + turn, forward - turn], np.float32), -1, 1)


BODIES = {
    "Point": Body(0.15, (1.0, 0.0), 1.4, 1.0, _point),
    "Car": Body(0.2, (0.0, -1.0), 0.8, 0.0, _car),
}


def body_of(task: str) -> Body:
    """The robot of a task, e.g. ``SafetyCarGoal1``.

    Raises:
        ValueError: there are no behaviours for it; the message lists the valid robots.
    """
    for name, body in BODIES.items():
        if task.removeprefix("Safety").startswith(name):
            return body
    raise ValueError(f"{task} has no behaviours; robots that have: {', '.join(BODIES)}")
