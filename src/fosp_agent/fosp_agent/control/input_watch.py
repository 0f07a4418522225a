"""What arrives of camera and arm, how often, and what was wrong with it lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fosp_agent.ranges import Range

WINDOW = 2.0
"""What arrived, or was wrong, counts for this long [s]."""


@dataclass(frozen=True)
class InputRates:
    """How often messages must come, episode or not."""

    least_frames: Annotated[float, Range(0.0, 1000.0)] = 0.0
    """Fewer camera frames a second are an error; 0: any number will do, as in simulation [Hz]."""
    least_poses: Annotated[float, Range(0.0, 1000.0)] = 0.0
    """The same of the arm's poses [Hz]."""


class InputWatch:
    """Feed it arrivals and complaints; times are of a steady clock [s]."""

    def __init__(self, least: Mapping[str, float]) -> None:
        """Watch over topics.

        Args:
            least: messages a second that each of them needs [Hz].
        """
        self._least = dict(least)
        self._arrivals: dict[str, deque[float]] = {topic: deque() for topic in least}
        self._complaint = ("", float("-inf"))

    def arrived(self, topic: str, now: float) -> None:
        """A message came, whatever is in it."""
        self._arrivals[topic].append(now)
        self._forget(topic, now)

    def complain(self, problem: str, now: float) -> None:
        """A message could not be used, and why."""
        self._complaint = problem, now

    def rates(self, now: float) -> dict[str, float]:
        """Messages a second, by topic [Hz]."""
        for topic in self._arrivals:
            self._forget(topic, now)
        return {topic: len(times) / WINDOW for topic, times in self._arrivals.items()}

    def problem(self, now: float) -> str:
        """What is wrong, and what to do; empty when nothing is."""
        problem, since = self._complaint
        if now - since <= WINDOW:
            return problem
        for topic, rate in self.rates(now).items():
            if rate < self._least[topic]:
                least = self._least[topic]
                return f"{topic} comes at {rate:.1f} Hz, {least:g} Hz are needed: see its driver"
        return ""

    def _forget(self, topic: str, now: float) -> None:
        times = self._arrivals[topic]
        while times and now - times[0] > WINDOW:
            times.popleft()
