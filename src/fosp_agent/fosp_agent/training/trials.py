"""The account of a fine-tuning run: a line an episode, and tests before and after.

It is written to ``summary.json`` after every episode, so that an interrupted run can be resumed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fosp_agent.errors import UserError
from fosp_agent.training.files import write_atomically
from fosp_agent.training.measures import cost_regret
from fosp_agent.training.measures import rows as measures


class SummaryError(UserError):
    """A summary cannot be read, or belongs to another run."""


@dataclass(frozen=True)
class EpisodeResult:
    """One episode of the run."""

    episode_id: str
    episode_return: float
    """Undiscounted sum of the reward labels."""
    episode_cost: float
    """Undiscounted sum of the cost labels."""
    acted: dict[str, int]
    """How many actions each policy gave: "offline", "new"."""
    updates: int
    """Gradient steps taken on this episode."""
    version: int
    """Of the weights that resulted."""
    seconds: float
    """From its start until its weights acted [s]."""
    note: str = ""

    @property
    def reached(self) -> bool:
        """The target was touched (SR), where reaching is the objective."""
        return self.episode_return > 0

    @property
    def violated(self) -> bool:
        """Any cost was paid (CV)."""
        return self.episode_cost > 0

    @property
    def decisions(self) -> int:
        """Actions in the episode."""
        return sum(self.acted.values())

    def share(self, policy: str) -> float:
        """Share of the actions that ``policy`` ("offline" or "new") gave, in [0, 1]."""
        return self.acted.get(policy, 0) / max(self.decisions, 1)

    def line(self, number: int, total: int) -> str:
        """What the operator reads."""
        acted = ", ".join(f"{policy} {count}" for policy, count in sorted(self.acted.items()))
        text = (
            f"episode {number:>2}/{total}  return {self.episode_return:5.1f}  "
            f"cost {self.episode_cost:5.1f}  acted: {acted or 'nobody'}  "
            f"updates {self.updates:>3}  weights {self.version:>3}  {self.seconds:5.1f} s"
        )
        return f"{text}  ({self.note})" if self.note else text


@dataclass
class TrialsSummary:
    """Everything a run reports."""

    environment: str
    task: str
    weights: str
    """The file it started from."""
    episodes: list[EpisodeResult] = field(default_factory=list)
    before: dict[str, Any] | None = None
    """Report of the evaluation of the starting weights."""
    after: dict[str, Any] | None = None
    """The same for the last weights."""
    after_version: int = -1
    """Of the weights that ``after`` is about."""

    def regret(self, action_repeat: int) -> float:
        """rho_c over the trials: the cost of a step while learning (D.2)."""
        costs = [result.episode_cost for result in self.episodes]
        return cost_regret(costs, [r.decisions * action_repeat for r in self.episodes])

    def save(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        write_atomically(path, json.dumps(asdict(self), indent=2).encode() + b"\n")

    @classmethod
    def open(cls, path: Path, environment: str, task: str, weights: str) -> TrialsSummary:
        """The summary at ``path``, or a new one.

        Raises:
            SummaryError: unreadable, or of another task or environment.
        """
        if not path.exists():
            return cls(environment, task, weights)
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            found["episodes"] = [EpisodeResult(**entry) for entry in found["episodes"]]
            summary = cls(**found)
        except (ValueError, TypeError, KeyError) as problem:
            raise SummaryError(
                f"{path} is not a summary of a run ({problem}); move it away, the episodes and "
                "the checkpoint are enough to go on"
            ) from problem
        if (summary.environment, summary.task) != (environment, task):
            raise SummaryError(
                f"{path} is of {summary.environment}/{summary.task}, asked for was "
                f"{environment}/{task}; choose another run_dir"
            )
        return summary


def table(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """Before and after, with 95 % intervals, as plain text."""
    reports = (before, after)
    titles = (
        [title for title, *_ in measures(next(r for r in reports if r))] if any(reports) else []
    )
    columns = [_column(report, len(titles)) for report in reports]
    rows = [("", "before", "after"), *zip(titles, *columns, strict=True)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _column(report: Mapping[str, Any] | None, count: int) -> list[str]:
    if not report:
        return ["-"] * count
    return [
        f"{value} ({interval})" if interval else value for _, value, interval in measures(report)
    ]
