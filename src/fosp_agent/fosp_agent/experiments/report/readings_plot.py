"""By how much each reading differs from what it is compared with, at a glance."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from fosp_agent.experiments.readings import DEFAULT
from fosp_agent.experiments.report.differences import MEASURES, Difference
from fosp_agent.experiments.report.figure import COLOURS, new_figure, tidy
from fosp_agent.experiments.report.readings import ReadingCells, against

MARKERS = ("s", "D")
APART = 0.26
"""Between a reading's two lines, of the distance between readings."""


def readings_plot(found: ReadingCells, mode: str) -> Figure | None:
    """A column a measure, a row a reading, a marker a time; None where nothing is compared."""
    changes = {
        name: {
            (measure, when): found.difference(name, when, mode, measure)
            for measure in MEASURES
            for when in found.times
        }
        for name in found.rows
    }
    shown = {name: of for name, of in changes.items() if any(of.values())}
    if not shown:
        return None
    figure = new_figure(10.5, 1.3 + 0.34 * len(shown))
    axes = figure.subplots(1, len(MEASURES), sharey=True)
    for one, measure in zip(axes, MEASURES, strict=True):
        one.axvline(0, color="0.4", linewidth=0.9)
        for number, when in enumerate(found.times):
            shift = APART * (number - (len(found.times) - 1) / 2)
            points = {
                row + shift: change
                for row, of in enumerate(shown.values())
                if (change := of[measure, when]) is not None
            }
            _draw(one, points, number, when)
        tidy(one)
        one.grid(visible=False, axis="y")
        one.set(title=measure, xlabel="percentage points, 95 % interval")
    axes[0].set_yticks(range(len(shown)), [_title(name) for name in shown])
    axes[0].set_ylim(len(shown) - 0.5, -0.5)
    if len(found.times) > 1:
        handles = axes[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside upper center", ncols=len(found.times))
    return figure


def _draw(axes: Any, points: dict[float, Difference], number: int, label: str) -> None:
    axes.errorbar(
        [100 * one.value for one in points.values()],
        list(points),
        xerr=[[100 * abs(c.interval[side] - c.value) for c in points.values()] for side in (0, 1)],
        fmt=MARKERS[number],
        markersize=4.5,
        color=COLOURS[number],
        elinewidth=1.2,
        label=label,
    )


def _title(name: str) -> str:
    return name if against(name) == DEFAULT else f"{name}\n(less {against(name)})"
