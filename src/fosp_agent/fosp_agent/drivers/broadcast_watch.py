"""Whether an arm that others drive follows targets, judged by what its broadcaster says.

For a stack in which a hardware interface and a Cartesian controller move the arm (franka_ros2 with
a CRISP controller): after an error the hardware component goes inactive and everything falls
silent, so that silence is the sign of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated

from fosp_agent.drivers.arm import Vector
from fosp_agent.drivers.contact import ContactConfig, ContactWatch
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range


@dataclass(frozen=True)
class WatchConfig:
    """When the arm counts as ready."""

    controller: str = "cartesian_impedance_controller"
    """The controller that follows target_pose; it must be active."""
    silence: Annotated[float, Range(0.02, 10.0)] = 0.2
    """Without a pose for this long the arm counts as stopped [s]."""

    def __post_init__(self) -> None:
        if not self.controller:
            raise UserError("controller must name the controller that follows target_pose")
        if not self.silence > 0:
            raise UserError(f"silence must be positive, not {self.silence}")


class BroadcastWatch:
    """Feed it what is heard; times are of a steady clock [s]."""

    def __init__(self, config: WatchConfig, contact: ContactConfig) -> None:
        self._config = config
        self._pushed = ContactWatch(contact)
        self._pose_at: float | None = None
        self._active: Collection[str] | None = None
        self._contact = ""
        self._lost = False

    def pose(self, now: float) -> None:
        """A pose came."""
        self._pose_at = now

    def controllers(self, active: Collection[str]) -> None:
        """These controllers are active."""
        self._active = active

    def wrench(self, wrench: Vector, now: float) -> None:
        """The external force and torque (6,) [N, N m] came."""
        self._contact = self._contact or self._pushed.feel(wrench, now)

    def problem(self, now: float) -> str:
        """Why the arm does not follow targets, and what to do; empty when it does.

        A contact, or an arm that fell silent, stands until `recovered`.
        """
        silent = self._pose_at is None or now - self._pose_at > self._config.silence
        self._lost = self._lost or (silent and self._pose_at is not None)
        if self._contact:
            return self._contact
        if self._pose_at is None:
            return "no pose of the arm yet: is franka_bringup running, with best-effort topics?"
        if self._lost:
            return "the arm's broadcaster fell silent, as after an error: free it, call /recover"
        if self._active is not None and self._config.controller not in self._active:
            return f"the controller {self._config.controller} is not active: call /recover"
        return ""

    def recovered(self) -> None:
        """The recovery went through."""
        self._contact, self._lost, self._pose_at = "", False, None
        self._pushed.forget()
