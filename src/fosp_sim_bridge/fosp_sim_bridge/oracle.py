"""What an all-knowing labeller would say of an episode: the simulator's truth as label spans."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from fosp_agent.errors import UserError

REWARD = 0
COST = 1


class TruthIncomplete(UserError):
    """Truth is missing for some observations of an episode; nothing may be labelled from it."""


@dataclass(frozen=True)
class TruthSpan:
    """A run of observations with the same non-zero value; both ends inclusive."""

    kind: int
    """REWARD or COST."""
    first: int
    last: int
    value: float


@dataclass
class _Course:
    """Everything known of one episode, by stamp [ns]."""

    truth: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Reward and cost that arrived at each stamp."""
    observed: dict[int, int] = field(default_factory=dict)
    """Stamp of each observed step."""


class TruthLog:
    """Collects truth and observations of the latest episodes, and turns them into spans.

    Truth belongs to an observation by its stamp, since an observer may leave frames out. What
    happened in a frame that was left out counts for the observation after it.
    """

    def __init__(self, remembered: int = 8) -> None:
        self._courses: OrderedDict[str, _Course] = OrderedDict()
        self._remembered = remembered

    def knows(self, episode_id: str) -> bool:
        """Whether anything is known of an episode."""
        return episode_id in self._courses

    def truth(self, episode_id: str, stamp_ns: int, reward: float, cost: float) -> None:
        """Note what arrived with the frame of a stamp."""
        self._course(episode_id).truth[stamp_ns] = (reward, cost)

    def observed(self, episode_id: str, step: int, stamp_ns: int) -> None:
        """Note which frame became observation ``step``."""
        if episode_id:
            self._course(episode_id).observed.setdefault(step, stamp_ns)

    def spans(self, episode_id: str, observations: int) -> list[TruthSpan]:
        """Labels of an episode with this many observations.

        Raises:
            TruthIncomplete: names the steps without truth.
        """
        course = self._courses.get(episode_id, _Course())
        known = course.observed
        missing = [t for t in range(observations) if known.get(t, -1) not in course.truth]
        if missing:
            steps = ", ".join(map(str, missing[:10])) + (", ..." if len(missing) > 10 else "")
            raise TruthIncomplete(
                f"episode {episode_id}: no truth for {len(missing)} of {observations} "
                f"observations (steps {steps}); label it by hand with /label_episode"
            )
        values = [_within(course, step) for step in range(observations)]
        rewards, costs = [reward for reward, _ in values], [cost for _, cost in values]
        return runs(REWARD, rewards) + runs(COST, costs)

    def _course(self, episode_id: str) -> _Course:
        if episode_id not in self._courses:
            self._courses[episode_id] = _Course()
            while len(self._courses) > self._remembered:
                self._courses.popitem(last=False)
        return self._courses[episode_id]


def _within(course: _Course, step: int) -> tuple[float, float]:
    """Largest reward and cost after the observation before this one, up to this one."""
    end = course.observed[step]
    begin = course.observed[step - 1] if step > 0 else end - 1
    inside = [value for stamp, value in course.truth.items() if begin < stamp <= end]
    return max(reward for reward, _ in inside), max(cost for _, cost in inside)


def runs(kind: int, values: Sequence[float]) -> list[TruthSpan]:
    """Run-length code of the non-zero values."""
    found: list[TruthSpan] = []
    for step, value in enumerate(values):
        if value == 0.0:
            continue
        if found and found[-1].last == step - 1 and found[-1].value == value:
            found[-1] = TruthSpan(kind, found[-1].first, step, value)
        else:
            found.append(TruthSpan(kind, step, step, value))
    return found
