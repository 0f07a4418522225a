"""What an operator's device says: six motions and some buttons, whatever the device.

Axes and buttons are those of ``sensor_msgs/Joy``. The motions come out as x, y, z, roll, pitch,
yaw in the base frame (REP-103), each in [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

import numpy as np
import numpy.typing as npt

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

Vector = npt.NDArray[np.float64]
MOTIONS = 6


class DeviceError(UserError):
    """The device's messages do not fit its mapping."""


class Function(Enum):
    """What a button does."""

    ENABLE = "enable"
    START = "start"
    STOP = "stop"
    DISCARD = "discard"
    REWARD = "reward"
    COST = "cost"
    HOLD_TO_RUN = "hold_to_run"


@dataclass(frozen=True)
class DeviceConfig:
    """Which axis and button of the device does what."""

    axes: Annotated[tuple[int, ...], Range(-1, 63)] = (0, 1, 2, 3, 4, 5)
    """Index of the axis for each of x, y, z, roll, pitch, yaw; -1: none."""
    gains: Annotated[tuple[float, ...], Range(-100.0, 100.0)] = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
    """Factor of each of the six; negative turns the direction around."""
    deadzone: Annotated[float, Range(0.0, 0.99)] = 0.05
    """Deflections up to this count as none [share of the full deflection]."""
    enable_button: Annotated[int, Range(-1, 63)] = 0
    """Button that is held while the operator moves the robot; -1: none, and so for the others."""
    start_button: Annotated[int, Range(-1, 63)] = 1
    """Starts an episode."""
    stop_button: Annotated[int, Range(-1, 63)] = 2
    """Ends the running episode, which is kept."""
    discard_button: Annotated[int, Range(-1, 63)] = 3
    """Ends the running episode and drops it; between episodes it drops the last one."""
    reward_button: Annotated[int, Range(-1, 63)] = 4
    """Held while the target is touched."""
    cost_button: Annotated[int, Range(-1, 63)] = 5
    """Held while an obstacle is touched."""
    hold_to_run_button: Annotated[int, Range(-1, 63)] = -1
    """Hold-to-run, where the gate asks for it."""
    silence: Annotated[float, Range(0.0, 60.0)] = 0.5
    """A device that says nothing for this long is gone; 0: it speaks only of changes [s]."""
    zeros: Annotated[float, Range(0.1, 600.0)] = 3.0
    """Warn when only zeros come for this long while the enable button is held [s]."""

    def __post_init__(self) -> None:
        if len(self.axes) != MOTIONS or len(self.gains) != MOTIONS:
            raise DeviceError(f"axes and gains need {MOTIONS} numbers each: {self.axes}")
        if not 0 <= self.deadzone < 1:
            raise DeviceError(f"deadzone must be from 0 up to below 1, not {self.deadzone}")

    def button(self, function: Function) -> int:
        """Index of the button of a function; negative when there is none."""
        return int(getattr(self, f"{function.value}_button"))


class OperatorDevice:
    """Keeps what the device said last. Times are of a clock that never jumps [s]."""

    def __init__(self, config: DeviceConfig) -> None:
        self._config = config
        self._motion = np.zeros(MOTIONS)
        self._pressed: frozenset[Function] = frozenset()
        self._edges: set[Function] = set()
        self._heard = float("-inf")
        self._moved = float("-inf")
        self._ever_moved = False
        self._enabled_since = float("inf")

    def axes(self, values: Sequence[float], now: float) -> None:
        """The axes' deflections arrived.

        Raises:
            DeviceError: the device has fewer axes than the mapping wants, or a value is not
                finite. The motion is then none.
        """
        self._heard = now
        self._motion = np.zeros(MOTIONS)
        wanted = max(self._config.axes)
        if wanted >= len(values):
            raise DeviceError(
                f"the device has {len(values)} axes, the mapping wants axis {wanted}: choose the "
                "parameter file of this device"
            )
        raw = np.array([values[index] if index >= 0 else 0.0 for index in self._config.axes])
        if not np.isfinite(raw).all():
            raise DeviceError(f"the device's axes are not finite: {[float(v) for v in values]}")
        self._motion = self._shaped(raw)
        if raw.any():
            self._moved, self._ever_moved = now, True

    def _shaped(self, raw: Vector) -> Vector:
        """Deflections (6,) without the dead zone, continuous at its edge, times the gains."""
        dead = self._config.deadzone
        beyond = np.maximum(np.abs(raw) - dead, 0.0) / (1.0 - dead)
        shaped: Vector = np.clip(np.sign(raw) * beyond * np.asarray(self._config.gains), -1.0, 1.0)
        return shaped

    def buttons(self, values: Sequence[int], now: float) -> None:
        """The buttons' states arrived; buttons that the device lacks count as released."""
        self._heard = now
        down = frozenset(
            function
            for function in Function
            if 0 <= self._config.button(function) < len(values)
            and values[self._config.button(function)]
        )
        self._edges |= down - self._pressed
        if Function.ENABLE not in down:
            self._enabled_since = float("inf")
        elif Function.ENABLE not in self._pressed:
            self._enabled_since = now
        self._pressed = down

    def silent(self, now: float) -> bool:
        """Whether the device was there and is gone."""
        limit = self._config.silence
        return limit > 0 and np.isfinite(self._heard) and now - self._heard > limit

    def held(self, function: Function, now: float) -> bool:
        """Whether a button is down; never of a device that is gone."""
        return function in self._pressed and not self.silent(now)

    def motion(self, now: float) -> Vector:
        """(6,) in [-1, 1]; zeros of a device that is gone."""
        return np.zeros(MOTIONS) if self.silent(now) else self._motion.copy()

    def presses(self) -> set[Function]:
        """The buttons that went down since the last call."""
        edges, self._edges = self._edges, set()
        return edges

    def problem(self, now: float) -> str:
        """What is wrong with the device, and the remedy; empty when nothing is."""
        if not np.isfinite(self._heard):
            return "the operator's device was never heard: is it plugged in, and its node running?"
        if self.silent(now):
            since = now - self._heard
            return f"the operator's device fell silent {since:.1f} s ago: is it still plugged in?"
        held_for = now - self._enabled_since
        if held_for > self._config.zeros and self._moved < self._enabled_since:
            ever = "for the whole time of the hold" if self._ever_moved else "ever since the start"
            return (
                f"the enable button is held, but the device's axes have been all zeros {ever}: is "
                "it awake, charged, and readable?"
            )
        return ""
