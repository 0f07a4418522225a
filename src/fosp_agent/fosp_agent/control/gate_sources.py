"""Who holds the robot: the policy, the operator, or the reset. One at a time.

Between episodes the reset holds it; in an episode the operator, from pressing the enable button to
releasing it, and else the policy. A button is a message that has to be repeated: one that falls
silent while pressed leaves nobody in charge, and the robot holds still.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

POLICY = "policy"
TELEOP = "teleop"
RESET = "reset"


class ButtonState(Enum):
    """What a button says now."""

    RELEASED = "released"
    PRESSED = "pressed"
    SILENT = "silent"
    """Pressed when last heard, but not repeated in time: unplugged, or its node died."""


class Button:
    """A button behind a topic. Times are of a clock that never jumps [s]."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._pressed = False
        self._heard = float("-inf")

    def hear(self, pressed: bool, now: float) -> None:
        """A message came."""
        self._pressed, self._heard = pressed, now

    def state(self, now: float) -> ButtonState:
        """What it says at ``now``."""
        if not self._pressed:
            return ButtonState.RELEASED
        return ButtonState.PRESSED if now - self._heard <= self._timeout else ButtonState.SILENT


@dataclass(frozen=True)
class Operator:
    """The operator's two buttons."""

    enable: ButtonState = ButtonState.RELEASED
    """Held: the operator moves the robot instead of the policy."""
    dead_man: ButtonState = ButtonState.RELEASED
    """Held: the robot may move at all, where hold-to-run is required."""


def holder(episode_id: str, operator: Operator) -> str:
    """The source that holds the robot; empty when nobody does."""
    if operator.enable is ButtonState.SILENT:
        return ""
    if not episode_id:
        return RESET
    return TELEOP if operator.enable is ButtonState.PRESSED else POLICY


def refusal(source: str, held_by: str) -> str:
    """Why a source that does not hold the robot may not move it."""
    if source == TELEOP:
        return "the enable button is not pressed, or no episode is running"
    if held_by == TELEOP:
        return "the operator holds the robot until the enable button is released"
    if source == RESET:
        return "an episode is running; the reset moves the robot between episodes only"
    return f"{held_by} holds the robot"


class HandOver:
    """Remembers since when the present holder has held the robot within an episode."""

    def __init__(self) -> None:
        self._holder = RESET
        self._since_ns = 0

    def notice(self, held_by: str, now_ns: int) -> None:
        """Take note of the holder at ``now_ns``."""
        if held_by == self._holder:
            return
        within_episode = RESET not in (held_by, self._holder)
        self._holder, self._since_ns = held_by, now_ns if within_episode else 0

    def before(self, stamp_ns: int, now_ns: int) -> bool:
        """Whether an observation is of the earlier holder's time."""
        return stamp_ns < self._since_ns <= now_ns
