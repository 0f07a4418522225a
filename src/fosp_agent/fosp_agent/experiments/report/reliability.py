"""Reliability diagrams: what the model predicted, and what came."""

from __future__ import annotations

from matplotlib.figure import Figure

from fosp_agent.experiments.report.calibration import (
    SIGNALS,
    TITLES,
    held_out_of,
    pooled,
    roll_outs_of,
)
from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.report.figure import colour, new_figure, tidy

LARGEST = 160.0
"""Area of a marker that stands for all predictions [point²]."""


def reliability_diagrams(cells: Cells, variant: str) -> Figure | None:
    """Held-out demonstrations and the policy's own trials; None where nothing was measured."""
    sources = (
        ("held-out demonstrations", "o", held_out_of(cells, variant)),
        ("own trials on unseen tasks", "s", roll_outs_of(cells, variant)),
    )
    shown = [s for s in SIGNALS if any(pooled(part, s) for _, _, part in sources)]
    if not shown:
        return None
    figure = new_figure(2.8 * len(shown) + 0.4, 3.5)
    axes = figure.subplots(1, len(shown), squeeze=False, sharey=True)
    for one, signal in zip(axes[0], shown, strict=True):
        one.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
        for number, (title, marker, part) in enumerate(sources):
            found = pooled(part, signal)
            if found is None:
                continue
            inside = found.reliability.share > 0
            x, y = found.reliability.predicted[inside], found.reliability.observed[inside]
            area = 10 + LARGEST * found.reliability.share[inside]
            one.plot(x, y, color=colour(number), linewidth=1)
            one.scatter(x, y, s=area, marker=marker, color=colour(number), label=title)
        tidy(one)
        one.set(title=TITLES[signal], xlabel="predicted", xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
        one.set_aspect("equal")
    axes[0, 0].set_ylabel("observed share")
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=8
    )
    return figure
