"""An arm that follows Cartesian targets: what the nodes ask of whatever hardware there is.

Poses are ``(7,)``: x, y, z [m] and the unit quaternion x, y, z, w of the end effector, in the
arm's base frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fosp_agent.errors import UserError

Vector = npt.NDArray[np.float64]
JOINTS = tuple(f"joint{number}" for number in range(1, 8))


class ArmError(UserError):
    """The arm did not do what was asked; the message says why and what to do."""


class ArmMode(IntEnum):
    """What the arm is doing; the numbers of ``fosp_msgs/ArmStatus``."""

    OTHER = 0
    IDLE = 1
    MOVING = 2
    GUIDING = 3
    REFLEX = 4
    USER_STOPPED = 5
    RECOVERING = 6
    DISCONNECTED = 7


@dataclass(frozen=True)
class ArmState:
    """One reading."""

    pose: Vector
    """(7,) measured pose of the end effector."""
    position: Vector
    """(7,) joint angles [rad]."""
    velocity: Vector
    """(7,) joint velocities [rad/s]."""
    effort: Vector
    """(7,) joint torques [N m]."""
    wrench: Vector
    """(6,) external force [N] and torque [N m] on the end effector, in the base frame."""
    mode: ArmMode
    errors: tuple[str, ...] = ()
    """Errors that stand, by the names of the arm's interface."""
    success_rate: float = 1.0
    """Share of control commands that arrived in time, in [0, 1]."""


class Arm(Protocol):
    """One arm. Every method may raise `ArmError`."""

    def read(self) -> ArmState:
        """The newest state; must not wait longer than a control cycle."""
        ...

    def move_to(self, pose: Vector) -> None:
        """Head for a pose (7,) from now on, instead of for the one before; returns at once."""
        ...

    def stop(self) -> None:
        """Come to rest as fast as the dynamics limits allow; returns at once."""
        ...

    def recover(self) -> None:
        """Clear errors, so that the arm may move again; waits until that is done."""
        ...

    def close(self) -> None:
        """Stop, and let go of the hardware."""
        ...
