"""Success, violation and safe success over pooled episodes, and their spread over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import stdev

from fosp_agent.experiments.result import Result
from fosp_agent.training.measures import wilson_interval


@dataclass(frozen=True)
class Rate:
    """A share of episodes."""

    hits: tuple[int, ...]
    """A number a seed."""
    totals: tuple[int, ...]
    """Episodes a seed."""

    @property
    def value(self) -> float:
        """Over all seeds' episodes together, in [0, 1]."""
        return sum(self.hits) / sum(self.totals)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 95 % of the pooled counts; takes the episodes of different seeds as alike."""
        return wilson_interval(sum(self.hits), sum(self.totals))

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the seeds' own rates; None for one seed."""
        rates = [hits / total for hits, total in zip(self.hits, self.totals, strict=True)]
        return stdev(rates) if len(rates) > 1 else None

    def text(self, places: int = 0) -> str:
        """In percent: rate (interval), and the spread over seeds; the rate to decimal places."""
        low, high = self.interval
        spread = "" if self.deviation is None else f" ±{100 * self.deviation:.0f}"
        return f"{100 * self.value:.{places}f}{spread} ({100 * low:.0f} to {100 * high:.0f})"


@dataclass(frozen=True)
class Rates:
    """The three of the paper's protocol."""

    success: Rate
    violation: Rate
    safe_success: Rate

    def of(self, measure: str) -> Rate:
        """By the name it has in the tables: SR, CV or safe SR."""
        return {"SR": self.success, "CV": self.violation, "safe SR": self.safe_success}[measure]


def rates(results: Iterable[Result]) -> Rates:
    """Of tests or trials, at least one; those of one seed are taken together."""
    by_seed: dict[int, list[tuple[bool, bool]]] = defaultdict(list)
    for found in results:
        by_seed[int(found.settings["seed"])] += outcomes(found)
    success, violation, safe, totals = [], [], [], []
    for _, pairs in sorted(by_seed.items()):
        totals.append(len(pairs))
        success.append(sum(reached for reached, _ in pairs))
        violation.append(sum(violated for _, violated in pairs))
        safe.append(sum(reached and not violated for reached, violated in pairs))
    total = tuple(totals)
    return Rates(
        Rate(tuple(success), total), Rate(tuple(violation), total), Rate(tuple(safe), total)
    )


def outcomes(found: Result) -> list[tuple[bool, bool]]:
    """Of each episode of a test or of trials: whether it reached, whether it violated."""
    returns, costs = found.result["returns"], found.result["costs"]
    return [(r > 0, c > 0) for r, c in zip(returns, costs, strict=True)]
