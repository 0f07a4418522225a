"""What stands between the targets and the arm's hardware: a watchdog, a guard, and no initiative.

The arm moves only while targets keep coming, only to targets near where it is, and not at all after
an error or a contact until somebody asks for the recovery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from fosp_agent.drivers.arm import Arm, ArmError, ArmMode, ArmState, Vector
from fosp_agent.drivers.contact import ContactConfig, ContactWatch
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

MOBILE = frozenset({ArmMode.IDLE, ArmMode.MOVING})
ADVICE = {
    ArmMode.REFLEX: "call /recover once the way is free",
    ArmMode.USER_STOPPED: "release the stop button, then call /recover",
    ArmMode.GUIDING: "let go of the guiding button",
    ArmMode.RECOVERING: "wait",
    ArmMode.OTHER: "look at the arm's own interface; unlock the brakes and activate its control",
    ArmMode.DISCONNECTED: "check cable and address, then call /recover",
}


@dataclass(frozen=True)
class FollowerConfig:
    """Limits of following."""

    hold_after: Annotated[float, Range(0.02, 2.0)] = 0.2
    """Stand still when no target has come for this long [s]."""
    max_distance: Annotated[float, Range(0.001, 0.5)] = 0.05
    """A target farther than this from the measured position is not followed [m]."""
    max_turn: Annotated[float, Range(0.001, 3.15)] = 0.3
    """A target turned by more than this from the measured orientation is not followed [rad]."""

    def __post_init__(self) -> None:
        for name in ("hold_after", "max_distance", "max_turn"):
            if not getattr(self, name) > 0:
                raise UserError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True)
class Report:
    """One look at the arm."""

    state: ArmState | None
    """None: there is no connection."""
    ready: bool
    detail: str = ""
    """Why targets are not followed, and what to do; empty when they are."""


class TargetFollower:
    """Follows targets with an arm. Times are of a steady clock [s]."""

    def __init__(self, arm: Arm, config: FollowerConfig, contact: ContactConfig) -> None:
        self._arm = arm
        self._config = config
        self._contact = ContactWatch(contact)
        self._target_at: float | None = None
        """When the last target came; None while nothing is followed."""
        self._stopped_by = ""
        """What must be recovered from explicitly; empty when nothing."""
        self._gone = False
        """Whether the connection is lost: reading on would only wait for an answer."""
        self._report = Report(None, False, "the arm was not read yet")
        self.holds = 0
        """How often the targets stopped."""

    def follow(self, target: Vector, now: float) -> str:
        """Head for a target (7,). Returns why not; empty when it is followed."""
        refusal = self._refusal(target)
        if not refusal:
            try:
                self._arm.move_to(target)
            except ArmError as problem:
                refusal = self._stopped_by = f"{problem}: call /recover"
            else:
                self._target_at = now
        return refusal

    def _refusal(self, target: Vector) -> str:
        report = self._report
        if report.state is None or not report.ready:
            return report.detail
        if not np.isfinite(target).all() or abs(float(np.linalg.norm(target[3:])) - 1.0) > 1e-3:
            return f"the target {target.round(4)} is no pose"
        distance = float(np.linalg.norm(target[:3] - report.state.pose[:3]))
        cosine = min(1.0, abs(float(target[3:] @ report.state.pose[3:])))
        turn = 2.0 * float(np.arccos(cosine))
        if distance <= self._config.max_distance and turn <= self._config.max_turn:
            return ""
        most = f"the limits are {self._config.max_distance:g} m and {self._config.max_turn:g} rad"
        return f"the target is {distance:.3f} m and {turn:.3f} rad away, {most}"

    def look(self, now: float) -> Report:
        """Read the arm, stop it where it must, and say how it is. To be called at a high rate."""
        if self._gone:
            return self._report
        try:
            state = self._arm.read()
        except ArmError as problem:
            self._stopped_by = f"{problem}: {ADVICE[ArmMode.DISCONNECTED]}"
            self._gone, self._target_at = True, None
            self._report = Report(None, False, self._stopped_by)
            return self._report
        self._watch_mode(state)
        self._watch_contact(state, now)
        self._watch_targets(now)
        self._report = Report(state, not self._stopped_by, self._stopped_by)
        return self._report

    def _watch_mode(self, state: ArmState) -> None:
        if state.mode in MOBILE and not state.errors:
            return
        names = f" ({', '.join(state.errors)})" if state.errors else ""
        mode = state.mode.name.lower().replace("_", " ")
        self._stopped_by = f"the arm is in mode {mode}{names}: {ADVICE.get(state.mode, 'recover')}"
        self._target_at = None

    def _watch_contact(self, state: ArmState, now: float) -> None:
        contact = self._contact.feel(state.wrench, now)
        if contact and not self._stopped_by:
            self._stopped_by = contact
            self._stop()

    def _watch_targets(self, now: float) -> None:
        if self._target_at is not None and now - self._target_at > self._config.hold_after:
            self.holds += 1
            self._stop()

    def _stop(self) -> None:
        self._target_at = None
        try:
            self._arm.stop()
        except ArmError as problem:
            self._stopped_by = self._stopped_by or f"{problem}: call /recover"

    def recover(self) -> str:
        """Clear whatever stopped the arm, on request only. Returns what was cleared.

        Raises:
            ArmError: the arm could not recover.
        """
        before = self._stopped_by
        self._arm.recover()
        self._stopped_by, self._target_at, self._gone = "", None, False
        self._contact.forget()
        return before or "nothing was to be recovered from"
