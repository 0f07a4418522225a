"""Teleoperation: from the operator's device to requests, episodes and labels. No ROS, no clock.

The operator answers each observation at most once with a motion. What is held while an episode
runs becomes its label: a step is marked when the button was down at any time since the step
before it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from fosp_agent.control.gate_limits import ACTION_SCALE, Scale
from fosp_agent.control.gate_verdict import Request
from fosp_agent.control.operator_device import MOTIONS, DeviceError, Function, OperatorDevice
from fosp_agent.episodes.labels import Span
from fosp_agent.ranges import Range

SOURCE = "teleop"
MARKS = {Function.REWARD: "reward", Function.COST: "cost"}


@dataclass(frozen=True)
class TeleopConfig:
    """How the operator drives."""

    action_scale: Scale = ACTION_SCALE
    """Motion of a step at full deflection, one per component [m, rad]; a robot with fewer than
    six components takes the first of the device's motions."""
    alone: bool = True
    """True: nobody else acts, so observations are answered with 'no motion' while the enable
    button is released. False: the policy acts then."""
    pace: Annotated[float, Range(0.0, 10.0)] = 0.0
    """Shortest time between two requests; for a simulator that would run ahead [s]."""

    def __post_init__(self) -> None:
        if not 0 < len(self.action_scale) <= MOTIONS:
            raise DeviceError(f"action_scale needs 1 to {MOTIONS} numbers: {self.action_scale}")


@dataclass
class _Course:
    """The marks of one episode."""

    steps: int = 0
    """Observations so far."""
    marked: dict[Function, set[int]] = field(default_factory=lambda: {f: set() for f in MARKS})
    dropped: bool = False


@dataclass
class _Question:
    """An observation that may still be answered."""

    episode_id: str
    step: int
    stamp_ns: int
    refused: bool = False
    """It was answered with 'no motion' already, which the gate refuses; the step is still open."""


class Teleop:
    """The operator's side of episodes. Times are of a clock that never jumps [s]."""

    def __init__(
        self, config: TeleopConfig, device: OperatorDevice, pads: Sequence[OperatorDevice] = ()
    ) -> None:
        """Start without an episode.

        Args:
            config: how the operator drives.
            device: what the operator drives with.
            pads: further devices, of which only the buttons of episodes and marks count: a
                SpaceMouse has two buttons only.
        """
        self._config = config
        self._device = device
        self._all = (device, *pads)
        self._scale = np.asarray(config.action_scale)
        self._question: _Question | None = None
        self._asked = float("-inf")
        self._courses: OrderedDict[str, _Course] = OrderedDict()
        self._held_since: set[Function] = set()
        """Marks that were down at any time since the last observation."""

    def listen(self, now: float) -> set[Function]:
        """Take note of the device; returns the buttons that went down, each once."""
        edges = set().union(*(device.presses() for device in self._all))
        self._held_since |= {mark for mark in MARKS if mark in edges} | self._marks(now)
        return edges

    def _marks(self, now: float) -> set[Function]:
        """The marks that are down now."""
        return {mark for mark in MARKS if any(device.held(mark, now) for device in self._all)}

    def observed(
        self, episode_id: str, step: int, stamp_ns: int, is_last: bool, now: float
    ) -> None:
        """An observation of a running episode arrived; repeated ones change nothing."""
        if not episode_id:
            return
        course = self._course(episode_id)
        if step < course.steps:
            return
        course.steps = step + 1
        self.listen(now)
        for function in self._held_since:
            course.marked[function].add(step)
        self._held_since = self._marks(now)
        self._question = None if is_last else _Question(episode_id, step, stamp_ns)

    def over(self) -> None:
        """No episode runs any more."""
        self._question = None
        self._held_since.clear()

    def request(self, now: float) -> Request | None:
        """The motion to ask for now; None when there is nothing (more) to ask."""
        question = self._question
        if question is None or now - self._asked < self._config.pace:
            return None
        enabled = self._device.held(Function.ENABLE, now)
        if not enabled and (question.refused or not self._config.alone):
            return None
        size = len(self._scale)
        motion = self._device.motion(now)[:size] if enabled else np.zeros(size)
        if enabled:
            self._question, self._asked = None, now
        else:
            question.refused = True
        delta = motion * self._scale
        return Request(question.episode_id, question.step, question.stamp_ns, SOURCE, delta, motion)

    def button(self, function: Function, now: float) -> bool | None:
        """What to say of a button to the gate.

        None: nothing, because the device is gone. A held button that falls silent halts the
        robot, where a release would hand it back to the policy.
        """
        return None if self._device.silent(now) else self._device.held(function, now)

    def drop(self, episode_id: str) -> None:
        """The operator discards an episode."""
        self._course(episode_id).dropped = True

    def dropped(self, episode_id: str) -> bool:
        """Whether the operator discarded it."""
        return self._course(episode_id).dropped

    def spans(self, episode_id: str, observations: int) -> list[Span]:
        """What was marked in an episode of this many observations."""
        marked = self._course(episode_id).marked
        return [
            span
            for function, kind in MARKS.items()
            for span in _runs(kind, (step for step in marked[function] if step < observations))
        ]

    def _course(self, episode_id: str) -> _Course:
        if episode_id not in self._courses:
            self._courses[episode_id] = _Course()
            while len(self._courses) > 8:
                self._courses.popitem(last=False)
        return self._courses[episode_id]


def _runs(kind: str, steps: Iterable[int]) -> list[Span]:
    """Steps as spans of consecutive ones."""
    found: list[Span] = []
    for step in sorted(steps):
        if found and found[-1].last == step - 1:
            found[-1] = Span(kind, found[-1].first, step)
        else:
            found.append(Span(kind, step, step))
    return found
