"""What is reported of episodes: rates where a target is to be reached, else the metrics of D.2.

    J_r = 1/E sum_i sum_t r_ti      J_c = 1/E sum_i sum_t c_ti      rho_c = sum_t c_t / T

E episodes, T all their steps: those of the task, of which a decision takes ``action_repeat``. Of an
evaluation rho_c says the cost of a step; of the trials of a fine-tuning it is the cost regret, what
learning itself has cost. The environment says which of both kinds suits it (``objective``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import stdtrit

from fosp_agent.types import Objective

Report = Mapping[str, Any]


def wilson_interval(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a rate."""
    if total == 0:
        return 0.0, 1.0
    rate, square = hits / total, z * z
    centre = (rate + square / (2 * total)) / (1 + square / total)
    spread = math.sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    half = z * spread / (1 + square / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of a mean, by its standard error and Student's t; None for a single value."""
    if len(values) < 2:
        return None
    middle = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    half = float(stdtrit(len(values) - 1, 0.975)) * spread
    return middle - half, middle + half


def cost_regret(costs: Sequence[float], steps: Sequence[int]) -> float:
    """rho_c: the mean cost of a step, over all steps of all episodes.

    Args:
        costs: (E,) summed cost of each episode.
        steps: (E,) length of each in steps of the task.

    Raises:
        ValueError: there is no step.
    """
    if sum(steps) < 1:
        raise ValueError("the cost regret of no step at all is not defined; run an episode first")
    return sum(costs) / sum(steps)


def amounts(returns: Sequence[float], costs: Sequence[float], steps: Sequence[int]) -> Report:
    """Entries of a report: J_r and J_c with their intervals, and rho_c."""
    return {
        "mean_return": float(np.mean(returns)),
        "mean_return_interval": mean_interval(returns),
        "mean_cost": float(np.mean(costs)),
        "mean_cost_interval": mean_interval(costs),
        "cost_regret": cost_regret(costs, steps),
    }


Cell = Callable[[Report], tuple[str, str]]
"""Value and interval of one row, as a person reads them."""


def _rate(name: str) -> Cell:
    def cell(report: Report) -> tuple[str, str]:
        low, high = report[f"{name}_interval"]
        return f"{100 * report[name]:.0f} %", f"{100 * low:.0f} to {100 * high:.0f}"

    return cell


def _mean(name: str) -> Cell:
    def cell(report: Report) -> tuple[str, str]:
        interval = report[f"{name}_interval"]
        shown = f"{interval[0]:.2f} to {interval[1]:.2f}" if interval else ""
        return f"{report[name]:.2f}", shown

    return cell


def _regret(report: Report) -> tuple[str, str]:
    return f"{report['cost_regret']:.4f}", ""


ROWS: Mapping[Objective, tuple[tuple[str, str, Cell], ...]] = {
    "reach": (
        ("SR: target reached", "success_rate", _rate("success_rate")),
        ("CV: any contact", "violation_rate", _rate("violation_rate")),
        ("safe SR: reached, no contact", "safe_success_rate", _rate("safe_success_rate")),
    ),
    "return": (
        ("J_r: reward of an episode", "mean_return", _mean("mean_return")),
        ("J_c: cost of an episode", "mean_cost", _mean("mean_cost")),
        ("rho_c: cost of a step", "cost_regret", _regret),
    ),
}
"""Title, entry of the report and cells of each row of the table, by objective."""


def rows(report: Report) -> list[tuple[str, str, str]]:
    """Title, value and 95 % interval of each measure that suits the report's environment."""
    objective: Objective = report.get("objective", "reach")
    found = []
    for title, name, cell in ROWS[objective]:
        found.append((title, *(cell(report) if name in report else ("-", ""))))
    return found
