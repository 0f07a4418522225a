"""How regularly something happens that should happen at a fixed rate."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

LATE = 1.5
"""An interval longer than this many periods is late."""


@dataclass(frozen=True)
class CadenceReport:
    """What the last intervals were like."""

    rate: float
    """[Hz]; 0 before two events."""
    late_share: float
    """Share of late intervals, in [0, 1]."""
    longest: float
    """The longest interval [s]."""


class Cadence:
    """Feed it the moments; times are of a steady clock [s]."""

    def __init__(self, period: float, remembered: int = 2000) -> None:
        self._period = period
        self._intervals: deque[float] = deque(maxlen=remembered)
        self._last: float | None = None

    def tick(self, now: float) -> None:
        """It happened."""
        if self._last is not None:
            self._intervals.append(now - self._last)
        self._last = now

    def pause(self) -> None:
        """The next interval is not to be counted."""
        self._last = None

    def report(self) -> CadenceReport:
        """Of the remembered intervals."""
        if not self._intervals:
            return CadenceReport(0.0, 0.0, 0.0)
        late = sum(interval > LATE * self._period for interval in self._intervals)
        total = sum(self._intervals)
        count = len(self._intervals)
        rate = count / total if total > 0 else 0.0
        return CadenceReport(rate, late / count, max(self._intervals))
