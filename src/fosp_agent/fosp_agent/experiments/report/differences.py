"""How much two agents differ on the same scenes."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from fosp_agent.experiments.report.rates import outcomes
from fosp_agent.experiments.result import Result

Z = 1.96
"""Of a 95 % interval."""
MEASURES: Mapping[str, Callable[[bool, bool], bool]] = {
    "SR": lambda reached, _violated: reached,
    "CV": lambda _reached, violated: violated,
    "safe SR": lambda reached, violated: reached and not violated,
}
"""Whether an episode counts, from whether it reached and whether it violated."""


@dataclass(frozen=True)
class Difference:
    """Of a rate of one agent to that of another, in [-1, 1]."""

    value: float
    interval: tuple[float, float]
    seeds: tuple[int, ...]
    """Trainings that both agents have."""
    same: bool
    """Every episode ended alike, as when both act with the same weights in the same way."""

    @property
    def decided(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.interval[0] > 0 or self.interval[1] < 0

    def text(self) -> str:
        """In percentage points: difference (interval)."""
        if self.same:
            return "the same"
        low, high = self.interval
        return f"{_points(self.value)} ({_points(low)} to {_points(high)})"

    def marked(self) -> str:
        """The same, bold where the interval leaves out 0."""
        return f"**{self.text()}**" if self.decided else self.text()


def difference(ours: Iterable[Result], theirs: Iterable[Result], measure: str) -> Difference | None:
    """Rate of ``theirs`` less that of ``ours``, over the scenes and seeds that both have.

    None where they have none in common.
    """
    one, other = (_episodes(results, measure) for results in (ours, theirs))
    both = sorted(one.keys() & other.keys())
    if not both:
        return None
    by_scene: dict[tuple[str, int], list[int]] = defaultdict(list)
    for task, seed, scene in both:
        by_scene[task, scene].append(other[task, seed, scene] - one[task, seed, scene])
    means = [fmean(values) for values in by_scene.values()]
    same = not any(any(values) for values in by_scene.values())
    seeds = tuple(sorted({seed for _, seed, _ in both}))
    return Difference(fmean(means), paired_interval(means), seeds, same)


def paired_interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean of paired differences of rates (Agresti and Min 2005).

        m = sum d / (n + 2),   m +- 1.96 sqrt(((sum d^2 + 1) / (n + 2) - m^2) / (n + 2))

    A half is added to each cell of the table of pairs: two pairs more, of which one differs, half
    of it either way. So the interval has a width where no pair differs, and holds the true value
    about as often as it says. Scenes are what varies: a scene in which several trainings were
    tested counts once, with the mean of their differences. How trainings vary is not in it.

    Args:
        differences: (n,) of one scene each, in [-1, 1].
    """
    count = len(differences) + 2
    mean = sum(differences) / count
    square = (sum(d * d for d in differences) + 1) / count
    half = Z * math.sqrt(max(0.0, square - mean * mean) / count)
    return max(-1.0, mean - half), min(1.0, mean + half)


def _points(value: float) -> str:
    """Percentage points with their sign; 0 has none."""
    rounded = round(100 * value)
    return f"{rounded:+d}" if rounded else "0"


def _episodes(results: Iterable[Result], measure: str) -> dict[tuple[str, int, int], bool]:
    """Task, seed of the training and scene of each episode, to whether it counts."""
    counts = MEASURES[measure]
    found = {}
    for result in results:
        settings = result.settings
        task, seed = str(settings["task"]), int(settings["seed"])
        for number, (reached, violated) in enumerate(outcomes(result)):
            found[task, seed, int(settings["first_seed"]) + number] = counts(reached, violated)
    return found
