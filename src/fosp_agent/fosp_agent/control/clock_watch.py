"""Notices a clock that jumps, by comparing it with one that never does."""

from __future__ import annotations

NANOSECONDS = 1e9


class ClockWatch:
    """Compares the clock of the stamps with a steady one.

    After a jump, stamps from before and after it cannot be compared; the jump counts as present
    until ``settle`` has passed, by when everything that was stamped before it has gone by.
    """

    def __init__(self, largest: float, settle: float) -> None:
        """Start without a jump.

        Args:
            largest: a difference between two looks that is not yet a jump [s].
            settle: how long a jump counts as present [s].
        """
        self._largest = largest
        self._settle = settle
        self._last: tuple[int, float] | None = None
        self._jump = 0.0
        self._jumped_at = float("-inf")
        self.jumps = 0
        """Jumps so far."""

    def look(self, now_ns: int, steady: float) -> float | None:
        """The jump that is present at this moment [s], forward positive; None when there is none.

        Args:
            now_ns: the clock of the stamps [ns].
            steady: the steady clock [s].
        """
        if self._last is not None:
            jump = (now_ns - self._last[0]) / NANOSECONDS - (steady - self._last[1])
            if abs(jump) > self._largest:
                self._jump, self._jumped_at = jump, steady
                self.jumps += 1
        self._last = (now_ns, steady)
        return self._jump if steady - self._jumped_at < self._settle else None
