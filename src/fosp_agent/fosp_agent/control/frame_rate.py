"""How fast frames come, how old they are, and how many got lost."""

from __future__ import annotations

from collections import deque

NANOSECONDS = 1e9


class FrameRate:
    """Looks at the latest frames."""

    def __init__(self, window: int = 90) -> None:
        self._stamps: deque[int] = deque(maxlen=window)
        self._ages: deque[int] = deque(maxlen=window)
        self._number: int | None = None
        self.frames = 0
        self.lost = 0
        """Numbers that were never seen."""

    def frame(self, number: int, stamp_ns: int, now_ns: int) -> None:
        """A frame arrived."""
        if self._number is not None and number > self._number + 1:
            self.lost += number - self._number - 1
        self._number = number
        self.frames += 1
        self._stamps.append(stamp_ns)
        self._ages.append(now_ns - stamp_ns)

    @property
    def rate(self) -> float:
        """Frames per second; 0 until there are two."""
        if len(self._stamps) < 2 or self._stamps[-1] <= self._stamps[0]:
            return 0.0
        return (len(self._stamps) - 1) * NANOSECONDS / (self._stamps[-1] - self._stamps[0])

    def report(self) -> dict[str, str]:
        """For diagnostics."""
        age = max(self._ages, default=0) / 1e6
        return {
            "rate": f"{self.rate:.1f} Hz",
            "oldest on arrival": f"{age:.1f} ms",
            "frames": str(self.frames),
            "lost": str(self.lost),
        }
