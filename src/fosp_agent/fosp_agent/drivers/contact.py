"""Whether something pushes against an arm: a force that lasts, not a knock of a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from fosp_agent.drivers.arm import Vector
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range


@dataclass(frozen=True)
class ContactConfig:
    """What counts as a contact, which ends the episode."""

    contact_force: Annotated[float, Range(0.0, 100.0)] = 20.0
    """External force that counts as a contact: the arm stops, and the episode ends [N]; 0: none."""
    contact_torque: Annotated[float, Range(0.0, 50.0)] = 8.0
    """External torque that does [N m]; 0: none."""
    contact_time: Annotated[float, Range(0.0, 1.0)] = 0.02
    """How long either must last [s]."""

    def __post_init__(self) -> None:
        for name in ("contact_force", "contact_torque", "contact_time"):
            if not getattr(self, name) >= 0:
                raise UserError(f"{name} must be 0 or more, not {getattr(self, name)}")


class ContactWatch:
    """Feed it the external wrench; times are of a steady clock [s]."""

    def __init__(self, config: ContactConfig) -> None:
        self._config = config
        self._since: float | None = None

    def feel(self, wrench: Vector, now: float) -> str:
        """Take the external force and torque (6,) [N, N m].

        Returns the contact and its remedy in words; empty while there is none that has lasted.
        """
        config = self._config
        force, torque = (float(np.linalg.norm(part)) for part in (wrench[:3], wrench[3:]))
        if not (0 < config.contact_force < force or 0 < config.contact_torque < torque):
            self._since = None
            return ""
        self._since = now if self._since is None else self._since
        if now - self._since < config.contact_time:
            return ""
        limits = f"over {config.contact_force:g} N or {config.contact_torque:g} N m"
        found = f"contact: external force {force:.1f} N, torque {torque:.1f} N m, {limits}"
        return f"{found}: call /recover once the arm is free"

    def forget(self) -> None:
        """Begin anew."""
        self._since = None
