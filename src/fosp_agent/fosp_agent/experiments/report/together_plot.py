"""Every agent's rates over the unseen tasks together, at each time, at a glance."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from fosp_agent.experiments.acting_units import AFTER, BEFORE, START
from fosp_agent.experiments.report.cells import DURING, WHEN, Cells
from fosp_agent.experiments.report.figure import COLOURS, new_figure, tidy
from fosp_agent.experiments.report.rates import Rate
from fosp_agent.experiments.report.safereach_tables import MEASURES
from fosp_agent.experiments.report.together import rates_together

MARKERS = {BEFORE: "o", AFTER: "D", START: "o", DURING: "D"}
COLOUR = {BEFORE: COLOURS[0], AFTER: COLOURS[0], START: COLOURS[1], DURING: COLOURS[1]}
"""One a set of scenes."""
HOLLOW = (BEFORE, START)
NAMES = {
    BEFORE: "before",
    AFTER: "after, in the same test scenes",
    START: "start",
    DURING: "during, in the same scenes of the trials",
}
APART = 0.19
"""Between an agent's four lines, of the distance between agents."""


def together_plot(cells: Cells, mode: str) -> Figure | None:
    """A column a measure, a row an agent, a marker a time; None where there is nothing."""
    found = {
        variant: {when: rates_together(cells, variant, when, mode) for when in WHEN}
        for variant in cells.variants
    }
    shown = {variant: times for variant, times in found.items() if any(times.values())}
    if not shown:
        return None
    figure = new_figure(10.5, 1.3 + 0.5 * len(shown))
    axes = figure.subplots(1, len(MEASURES), sharey=True)
    for one, measure in zip(axes, MEASURES, strict=True):
        for place, when in enumerate(WHEN):
            rates = {row: times[when] for row, times in enumerate(shown.values())}
            points = {row: r.of(measure) for row, r in rates.items() if r is not None}
            _draw(one, points, APART * (place - 1.5), when)
        tidy(one)
        one.grid(visible=False, axis="y")
        one.set(title=measure, xlabel="share of episodes [%]", xlim=(-3, 103))
    axes[0].set_yticks(range(len(shown)), list(shown))
    axes[0].set_ylim(len(shown) - 0.5, -0.5)
    for one in axes:
        for border in range(1, len(shown)):
            one.axhline(border - 0.5, color="0.93", linewidth=0.7)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=len(WHEN))
    return figure


def _draw(axes: Any, points: dict[int, Rate], shift: float, when: str) -> None:
    rates = points.values()
    axes.errorbar(
        [100 * r.value for r in rates],
        [row + shift for row in points],
        xerr=[[100 * abs(r.interval[side] - r.value) for r in rates] for side in (0, 1)],
        fmt=MARKERS[when],
        markersize=4.5,
        color=COLOUR[when],
        markerfacecolor="white" if when in HOLLOW else COLOUR[when],
        elinewidth=1.2,
        label=NAMES[when],
    )
