"""Learning curves over trials, and how often the new policy acted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fosp_agent.agents.variants import VARIANTS
from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.report.figure import colour, legend_beside, line_style, new_figure, tidy
from fosp_agent.experiments.report.rates import outcomes
from fosp_agent.experiments.result import Result

WINDOW = 10
"""Trials that a point of a curve is the mean of."""

LEAST_SPAN = 20.0
"""Percent to either side of a coin toss that are shown at least."""

Series = npt.NDArray[np.float64]


def groups(cells: Cells) -> list[tuple[str, str, list[str]]]:
    """Name, title and members of each picture: no more lines in one than an eye can follow.

    The first agent is in each, to be compared with.
    """
    found = []
    ablations = [name for name in cells.variants if name in VARIANTS and VARIANTS[name].ablation]
    for name, title, rest in (
        ("ablations", "Ablations", ablations),
        ("others", "Other agents", [v for v in cells.variants if v not in ablations]),
    ):
        first = [v for v in cells.variants[:1] if v not in rest]
        if rest and (first or len(rest) > 1 or len(cells.variants) == 1):
            found.append((name, title, first + rest))
    return found


def learning_curves(cells: Cells, variants: Sequence[str]) -> Figure:
    """SR and CV over the trials, a column a task, a line an agent."""
    rows: list[tuple[str, Callable[[Result], Series]]] = [("SR", _reached), ("CV", _violated)]
    figure = new_figure(3.1 * len(cells.tasks) + 1.8, 4.8)
    axes = figure.subplots(2, len(cells.tasks), squeeze=False, sharex=True, sharey=True)
    for column, task in enumerate(cells.tasks):
        for row, (title, signal) in enumerate(rows):
            one = axes[row, column]
            for variant in variants:
                number = cells.variants.index(variant)
                _draw(one, number, variant, [signal(r) for r in cells.during(variant, task)])
            tidy(one)
            one.set_ylim(-3, 103)
            if column == 0:
                one.set_ylabel(f"{title}, last {WINDOW} trials [%]")
        axes[0, column].set_title(task)
        axes[1, column].set_xlabel("trial")
    legend_beside(figure)
    return figure


def new_policy_share(cells: Cells) -> Figure | None:
    """Share of the steps in which the new policy acted; None if no agent has two policies."""
    shown = [
        v
        for v in cells.variants
        if any(any(r.result["new_policy_share"]) for t in cells.tasks for r in cells.during(v, t))
    ]
    if not shown:
        return None
    figure = new_figure(3.1 * len(cells.tasks) + 2.0, 2.8)
    axes = figure.subplots(1, len(cells.tasks), squeeze=False, sharey=True)
    for column, task in enumerate(cells.tasks):
        one = axes[0, column]
        one.axhline(50, color="0.6", linewidth=0.8)
        for variant in shown:
            number = cells.variants.index(variant)
            _draw(one, number, variant, [_share(r) for r in cells.during(variant, task)])
        tidy(one)
        one.set(title=task, xlabel="trial")
    far = max(abs(y - 50) for one in axes[0] for line in one.lines for y in line.get_ydata())
    axes[0, 0].set_ylim(50 - max(LEAST_SPAN, far + 3), 50 + max(LEAST_SPAN, far + 3))
    axes[0, 0].set_ylabel(f"new policy acted,\nlast {WINDOW} trials [% of steps]")
    legend_beside(figure)
    return figure


def running_mean(values: Series, window: int = WINDOW) -> Series:
    """Mean of the last ``window`` values, of fewer at the beginning: (N,) -> (N,)."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    mean: Series = (total[ends] - total[starts]) / (ends - starts)
    return mean


def _draw(axes: Any, number: int, name: str, seeds: Sequence[Series]) -> None:
    if not seeds:
        return
    length = min(len(s) for s in seeds)
    first = WINDOW - 1 if length > WINDOW else 0  # with fewer, one trial alone would be 100 %
    curves = np.stack([running_mean(s)[first:length] for s in seeds])
    trials = np.arange(first + 1, length + 1)
    mean = curves.mean(0)
    axes.xaxis.get_major_locator().set_params(integer=True)
    style = {"color": colour(number), "linestyle": line_style(number)}
    axes.plot(trials, mean, **style, linewidth=1.9 if number == 0 else 1.2, label=name)
    if len(seeds) > 1:
        spread = curves.std(0, ddof=1)
        axes.fill_between(
            trials, mean - spread, mean + spread, color=colour(number), alpha=0.12, linewidth=0
        )


def _reached(found: Result) -> Series:
    return 100.0 * np.array([reached for reached, _ in outcomes(found)], np.float64)


def _violated(found: Result) -> Series:
    return 100.0 * np.array([violated for _, violated in outcomes(found)], np.float64)


def _share(found: Result) -> Series:
    return 100.0 * np.array(found.result["new_policy_share"], np.float64)
