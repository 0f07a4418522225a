"""Notices a camera that lies: frozen frames, stamps that stand still, run back or run away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from fosp_agent.ranges import Range
from fosp_agent.types import ByteArray

NANOSECONDS = 1e9


@dataclass(frozen=True)
class FrameWatchConfig:
    """What is suspicious. Times are in seconds; 0 turns a check off."""

    frozen_after: Annotated[float, Range(0.0, 60.0)] = 0.0
    """A picture that does not change by a single value for this long is frozen: a real sensor is
    never without noise. 0: not looked for, as in simulation [s]."""
    max_offset: Annotated[float, Range(0.0, 60.0)] = 0.0
    """Largest difference between a frame's stamp and this computer's clock; 0: not looked for,
    as in simulated time [s]."""


def away_from_clock(what: str, stamp_ns: int, now_ns: int, largest: float) -> str:
    """Why stamps cannot be of this computer's time, and the remedy; empty when they can.

    Args:
        what: is stamped.
        stamp_ns: of one of them.
        now_ns: this computer's clock when it arrived.
        largest: difference that may be; 0: any [s].
    """
    offset = (stamp_ns - now_ns) / NANOSECONDS
    if not 0 < largest < abs(offset):
        return ""
    where = "ahead of" if offset > 0 else "behind"
    return (
        f"{what} are stamped {abs(offset):.3f} s {where} this computer's clock: did a clock "
        "jump, or do two computers' clocks differ (chrony)?"
    )


class FrameWatch:
    """Looks at each frame as it arrives. Times are those of the clock of the stamps."""

    def __init__(self, config: FrameWatchConfig) -> None:
        self._config = config
        self._stamp_ns: int | None = None
        self._pixels: ByteArray | None = None
        self._changed_ns = 0
        self._same_stamps = 0

    def problem(self, stamp_ns: int, pixels: ByteArray, now_ns: int) -> str:
        """Why this frame must not be acted upon, and the remedy; empty when it may.

        Args:
            stamp_ns: of the frame.
            pixels: (H, W, C).
            now_ns: this computer's clock when it arrived.
        """
        before, self._stamp_ns = self._stamp_ns, stamp_ns
        if self._config.frozen_after > 0:
            self._compare(pixels, now_ns)
        return (
            away_from_clock("frames", stamp_ns, now_ns, self._config.max_offset)
            or self._against_time(before, stamp_ns)
            or self._frozen(now_ns)
        )

    def _compare(self, pixels: ByteArray, now_ns: int) -> None:
        if self._pixels is None or not np.array_equal(self._pixels, pixels):
            self._pixels, self._changed_ns = pixels.copy(), now_ns

    def _against_time(self, before: int | None, stamp_ns: int) -> str:
        if self._config.max_offset <= 0 or before is None:
            return ""
        self._same_stamps = self._same_stamps + 1 if stamp_ns == before else 0
        if stamp_ns < before:
            back = (before - stamp_ns) / NANOSECONDS
            return f"the frames' stamps ran back by {back:.3f} s: did a clock jump?"
        if self._same_stamps >= 2:
            return (
                f"{self._same_stamps + 1} frames carry the same stamp: the camera is frozen; "
                "restart its driver or plug it in again"
            )
        return ""

    def _frozen(self, now_ns: int) -> str:
        if self._pixels is None:
            return ""
        still = (now_ns - self._changed_ns) / NANOSECONDS
        if not 0 < self._config.frozen_after < still:
            return ""
        return (
            f"the picture has not changed by a single value for {still:.1f} s: the camera is "
            "frozen; restart its driver or plug it in again"
        )
