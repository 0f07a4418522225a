"""The limits of the command gate, as a person sets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

Scale = Annotated[tuple[float, ...], Range(0.0, 10.0)]
"""SI units per unit of normalised action, one per component."""
ACTION_SCALE = (0.01, 0.01, 0.01, 0.05, 0.05, 0.05)
"""Of SafeReach and of the Franka set-up [m, m, m, rad, rad, rad]."""


class GateConfigError(UserError):
    """The limits of the gate contradict each other, or the robot."""


@dataclass(frozen=True)
class GateConfig:
    """Limits of the robot. The defaults are those of SafeReach and of the Franka set-up."""

    action_scale: Scale = ACTION_SCALE
    """SI units per unit of normalised action, one per component."""
    use_pose: bool = True
    """False: a robot without a pose; the delta passes raw, clipped to [-1, 1]."""
    box_min: Annotated[tuple[float, ...], Range(-10.0, 10.0)] = ()
    """Lower corner of the workspace box, x, y, z [m] (optionally also roll, pitch, yaw [rad]).
    Empty: the gate refuses to arm."""
    box_max: Annotated[tuple[float, ...], Range(-10.0, 10.0)] = ()
    """Upper corner of the workspace box."""
    box_tolerance: Annotated[float, Range(0.0, 0.1)] = 0.02
    """How far outside the box the measured pose may be and still be led back in one step
    [m, rad]."""
    step_limit: Annotated[tuple[float, ...], Range(0.0, 10.0)] = ()
    """Largest |component| of a delta; empty: the action scale."""
    max_speed: Annotated[float, Range(0.001, 2.0)] = 0.25
    """Largest commanded speed of the end effector: from the measured pose to the target in one
    step [m/s]."""
    max_turn_rate: Annotated[float, Range(0.001, 5.0)] = 1.5
    """Largest commanded norm of the rate of (roll, pitch, yaw) [rad/s]."""
    max_target_speed: Annotated[float, Range(0.001, 4.0)] = 0.5
    """Largest speed from one commanded target to the next; more than max_speed, because the arm
    lags behind its targets [m/s]."""
    max_jerk: Annotated[float, Range(0.1, 10000.0)] = 300.0
    """Largest commanded jerk of the end effector, by finite differences of the steps [m/s^3]."""
    max_turn_jerk: Annotated[float, Range(0.1, 50000.0)] = 1500.0
    """Largest commanded jerk of (roll, pitch, yaw) [rad/s^3]."""
    max_tilt: Annotated[float, Range(0.0, 3.15)] = 0.0
    """Half angle of the cone about cone_axis in which the tool's z axis stays [rad]; 0: no cone."""
    cone_axis: Annotated[tuple[float, ...], Range(-1.0, 1.0)] = (0.0, 0.0, 1.0)
    """Axis of that cone in the base frame: where the tool's z axis points at rest."""
    period: Annotated[float, Range(0.005, 2.0)] = 0.1
    """Time in which a step is executed [s]."""
    max_age: Annotated[float, Range(0.01, 10.0)] = 0.5
    """Oldest observation, and oldest measured pose, that may be acted upon [s]."""
    max_lead: Annotated[float, Range(0.0, 10.0)] = 0.2
    """How far in the future the stamp of an observation may lie [s] (clock offsets)."""
    sources: tuple[str, ...] = ("policy", "teleop", "reset")
    """Who may move the robot: the policy, the operator while the enable button is held, the
    reset between episodes."""
    hold_to_run: bool = False
    """Nothing moves unless the hold-to-run button (topic dead_man) is held."""
    button_timeout: Annotated[float, Range(0.05, 5.0)] = 0.5
    """A held button that is not repeated for this long counts as gone [s]."""

    def __post_init__(self) -> None:
        size = len(self.action_scale)
        if size == 0 or not all(np.isfinite(s) and s > 0 for s in self.action_scale):
            raise GateConfigError(f"action_scale must be positive numbers, not {self.action_scale}")
        if self.step_limit and len(self.step_limit) != size:
            raise GateConfigError(f"step_limit needs {size} components, not {len(self.step_limit)}")
        if self.use_pose and size != 6:
            raise GateConfigError(f"a robot with a pose needs 6 action scales, not {size}")
        if len(self.cone_axis) != 3 or not np.linalg.norm(self.cone_axis) > 0:
            raise GateConfigError(f"cone_axis needs 3 numbers, not all zero: {self.cone_axis}")
        self._check_box()
        self._check_positive()

    def _check_box(self) -> None:
        if len(self.box_min) != len(self.box_max) or len(self.box_min) not in (0, 3, 6):
            raise GateConfigError("box_min and box_max need 3 or 6 numbers each (none: not armed)")
        if not np.isfinite((*self.box_min, *self.box_max)).all():
            raise GateConfigError(f"box_min {self.box_min}, box_max {self.box_max}: not finite")
        if any(low >= high for low, high in zip(self.box_min, self.box_max, strict=True)):
            raise GateConfigError(f"box_min {self.box_min} must lie below box_max {self.box_max}")

    def _check_positive(self) -> None:
        for name in (
            "period",
            "max_speed",
            "max_turn_rate",
            "max_target_speed",
            "max_jerk",
            "max_turn_jerk",
            "max_age",
            "button_timeout",
        ):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise GateConfigError(f"{name} must be a positive number, not {value}")
        for name in ("box_tolerance", "max_tilt", "max_lead"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise GateConfigError(f"{name} must be 0 or more, not {value}")

    @property
    def size(self) -> int:
        """Number of components A of an action."""
        return len(self.action_scale)
