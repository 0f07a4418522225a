"""The way back to the start pose: lift first, then move over the scene, then lower.

Poses are ``(6,)``: x, y, z [m], roll, pitch, yaw [rad].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import numpy as np
import numpy.typing as npt

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

Vector = npt.NDArray[np.float64]


class Leg(Enum):
    """Part of the way."""

    LIFT = "lifting"
    CROSS = "moving over the scene"
    LOWER = "lowering"
    THERE = "at the start pose"


@dataclass(frozen=True)
class ResetConfig:
    """Where to, and how."""

    start_pose: Annotated[tuple[float, ...], Range(-10.0, 10.0)] = ()
    """Start pose x, y, z [m], roll, pitch, yaw [rad] in the base frame, in the workspace box.
    Neither this nor start_joints: there is no way back."""
    start_joints: Annotated[tuple[float, ...], Range(-3.15, 4.6)] = ()
    """Instead of start_pose: joint angles (7) [rad], whose pose by the Franka's kinematics is gone
    to."""
    lift_height: Annotated[float, Range(-2.0, 2.0)] = 0.0
    """Height z at which the scene is crossed, inside the workspace box [m]."""
    step: Annotated[float, Range(0.0001, 0.05)] = 0.008
    """Longest step of the position, per axis [m]."""
    turn_step: Annotated[float, Range(0.0001, 0.5)] = 0.04
    """Longest step of roll, pitch and yaw [rad]."""
    tolerance: Annotated[float, Range(0.0001, 0.1)] = 0.004
    """How near counts as there [m]."""
    turn_tolerance: Annotated[float, Range(0.0001, 1.0)] = 0.02
    """How near counts as there [rad]."""
    patience: Annotated[float, Range(0.1, 120.0)] = 3.0
    """Give up when there was no progress for this long [s]."""

    def __post_init__(self) -> None:
        if self.start_pose and self.start_joints:
            raise UserError("set either start_pose (6 numbers) or start_joints (7), not both")
        if len(self.start_pose) not in (0, 6) or len(self.start_joints) not in (0, 7):
            raise UserError("start_pose needs 6 numbers, start_joints 7")
        for name in ("step", "turn_step", "tolerance", "turn_tolerance", "patience"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} must be positive, not {getattr(self, name)}")


class ResetPath:
    """One return. Closed loop: each step starts from the measured pose."""

    def __init__(self, config: ResetConfig, start: Vector) -> None:
        """Plan a return to the pose ``start`` (6,)."""
        self._config = config
        self._start = start
        self._height = max(config.lift_height, float(start[2]))
        self._limit = np.array([config.step] * 3 + [config.turn_step] * 3)
        self.leg = Leg.LIFT
        self._best = np.inf
        self._best_at: float | None = None

    def step(self, pose: Vector) -> Vector | None:
        """The next change of pose (6,) from the measured one; None: it is there."""
        while self.leg is not Leg.THERE:
            goal = self._goal(pose)
            if not self._reached(goal - pose):
                return np.asarray(np.clip(goal - pose, -self._limit, self._limit))
            self._best = np.inf
            self.leg = self._next(pose)
        return None

    def stuck(self, pose: Vector, now: float) -> bool:
        """Whether nothing has come nearer for the patience. ``now`` of a steady clock [s]."""
        left = float((np.abs(self._goal(pose) - pose) / self._limit).sum())
        if left < self._best - 0.1 or self._best_at is None:
            self._best, self._best_at = left, now
        return now - self._best_at > self._config.patience

    def _goal(self, pose: Vector) -> Vector:
        if self.leg is Leg.LIFT:
            # Lifting and nothing else; where the arm is above the start already, there is no need.
            above = self._near(self._start[:2] - pose[:2])
            height = pose[2] if above else max(self._height, float(pose[2]))
            return np.array([pose[0], pose[1], height, *pose[3:]])
        if self.leg is Leg.CROSS:
            height = max(self._height, float(pose[2]))
            if self._near(self._start[:2] - pose[:2]):
                height = float(pose[2])
            return np.array([*self._start[:2], height, *self._start[3:]])
        return self._start

    def _next(self, pose: Vector) -> Leg:
        order = {Leg.LIFT: Leg.CROSS, Leg.CROSS: Leg.LOWER, Leg.LOWER: Leg.THERE}
        if self._reached(self._start - pose):
            return Leg.THERE
        return order[self.leg]

    def _near(self, difference: Vector) -> bool:
        return bool((np.abs(difference) <= self._config.tolerance).all())

    def _reached(self, difference: Vector) -> bool:
        turned = np.abs(difference[3:]) <= self._config.turn_tolerance
        return self._near(difference[:3]) and bool(turned.all())
