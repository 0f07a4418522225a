"""The tables of Table 3's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.report.cells import BEFORE, WHEN, Cells
from fosp_agent.experiments.report.rates import Rates, rates

PAPER = {
    "obstacle_shape": ((40, 45, 65), (50, 40, 20)),
    "target_shape": ((30, 35, 60), (50, 45, 30)),
    "three_obstacles": ((20, 40, 50), (60, 40, 20)),
}
"""Table 3: SR and CV [%] before, during and after, on the real robot."""
MODE_TITLES = {"sample": "sampled actions", "greedy": "greedy actions", "cloning": "cloning head"}
NONE = "-"


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def task_table(cells: Cells, task: str, mode: str) -> str:
    """SR, CV and safe SR of each agent, before, during and after."""
    header = ["agent"] + [f"{name} {when}" for name in ("SR", "CV", "safe SR") for when in WHEN]
    rows = []
    for variant in cells.variants:
        found = [rates_of(cells, variant, task, when, mode) for when in WHEN]
        if any(found):
            rows.append(
                [f"`{variant}`"]
                + [NONE if r is None else r.success.text() for r in found]
                + [NONE if r is None else r.violation.text() for r in found]
                + [NONE if r is None else r.safe_success.text() for r in found]
            )
    if task in PAPER:
        success, violation = PAPER[task]
        numbers = [str(n) for n in (*success, *violation)]
        rows.append(["paper's FOSP, real robot, 20 tests", *numbers, NONE, NONE, NONE])
    return markdown(header, rows)


def original_table(cells: Cells) -> str:
    """The pretrained policies on the task of the demonstrations."""
    rows = []
    for variant in cells.variants:
        for mode in cells.modes:
            found = rates_of(cells, variant, ORIGINAL, BEFORE, mode)
            if found is not None:
                three = (found.success, found.violation, found.safe_success)
                rows.append([f"`{variant}`", MODE_TITLES[mode], *(r.text() for r in three)])
    return markdown(["agent", "mode", "SR", "CV", "safe SR"], rows)


def rates_of(cells: Cells, variant: str, task: str, when: str, mode: str) -> Rates | None:
    """Of one cell; None where it has no result."""
    found = cells.get(variant, task, when, mode)
    return rates(found) if found else None
