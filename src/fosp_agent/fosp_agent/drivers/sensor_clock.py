"""A sensor's own clock, told in this computer's time."""

from __future__ import annotations

from collections import deque

NANOSECONDS = 1_000_000_000


class SensorClock:
    """Learns the offset between two clocks from the frames that come in.

    A frame arrives some time after it was taken, never before: the smallest difference between
    arrival and sensor stamp is the best guess of the offset. Differences are forgotten after a
    window, since the clocks drift (some 20 us a second), and when either clock jumps.
    """

    def __init__(self, window: int = 300, jump: float = 0.5) -> None:
        """Start knowing nothing.

        Args:
            window: frames that are remembered.
            jump: a change of the difference beyond this means that a clock was set [s].
        """
        self._differences: deque[int] = deque(maxlen=window)
        self._jump_ns = int(jump * NANOSECONDS)
        self.jumps = 0

    def host_ns(self, sensor_ns: int, arrival_ns: int) -> int:
        """When a frame was taken, in this computer's time [ns]; never later than its arrival."""
        difference = arrival_ns - sensor_ns
        if self._differences and abs(difference - self._differences[-1]) > self._jump_ns:
            self._differences.clear()
            self.jumps += 1
        self._differences.append(difference)
        return sensor_ns + min(self._differences)
