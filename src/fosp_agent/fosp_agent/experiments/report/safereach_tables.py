"""The tables of Table 3's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fosp_agent.experiments.acting_units import AFTER, BEFORE
from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.report.cells import DURING, WHEN, Cells
from fosp_agent.experiments.report.rates import Rates, rates

PAPER = {
    "obstacle_shape": ((40, 45, 65), (50, 40, 20)),
    "target_shape": ((30, 35, 60), (50, 45, 30)),
    "three_obstacles": ((20, 40, 50), (60, 40, 20)),
}
"""Table 3: SR and CV [%] before, during and after, on the real robot."""
MODE_TITLES = {"sample": "sampled actions", "greedy": "greedy actions", "cloning": "cloning head"}
NONE = "-"
MEASURES = ("SR", "CV", "safe SR")
RATES_HEADER = ["agent", "seeds"] + [f"{name} {when}" for name in MEASURES for when in WHEN]


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def task_table(cells: Cells, task: str, mode: str) -> str:
    """SR, CV and safe SR of each agent, at each time."""
    rows = []
    for variant in cells.variants:
        found = {when: rates_of(cells, variant, task, when, mode) for when in WHEN}
        if any(found.values()):
            rows.append(rates_row(variant, found))
    if task in PAPER:
        success, violation = PAPER[task]
        numbers = [text for rates in (success, violation) for text in _papers(*rates)]
        rows.append(["paper's FOSP, real robot, 20 tests", NONE, *numbers, *[NONE] * len(WHEN)])
    return markdown(RATES_HEADER, rows)


def _papers(before: int, during: int, after: int) -> list[str]:
    """In the order of ours; what the paper did not try is empty."""
    known = {BEFORE: before, DURING: during, AFTER: after}
    return [str(known[when]) if when in known else NONE for when in WHEN]


def rates_row(variant: str, found: Mapping[str, Rates | None]) -> list[str]:
    """Agent, number of seeds, and SR, CV and safe SR at each time."""
    texts = [NONE if r is None else r.of(m).text() for m in MEASURES for r in found.values()]
    return [f"`{variant}`", _seeds(found), *texts]


def _seeds(found: Mapping[str, Rates | None]) -> str:
    """How many, apart for each time where they differ."""
    numbers = {when: len(r.success.totals) for when, r in found.items() if r is not None}
    if len(set(numbers.values())) == 1:
        return str(next(iter(numbers.values())))
    return ", ".join(f"{when} {number}" for when, number in numbers.items())


def original_table(cells: Cells) -> str:
    """The pretrained policies on the task of the demonstrations."""
    rows = []
    for variant in cells.variants:
        for mode in cells.modes:
            found = rates_of(cells, variant, ORIGINAL, BEFORE, mode)
            if found is not None:
                three = (found.success, found.violation, found.safe_success)
                seeds = str(len(found.success.totals))
                texts = (r.text() for r in three)
                rows.append([f"`{variant}`", seeds, MODE_TITLES[mode], *texts])
    return markdown(["agent", "seeds", "mode", *MEASURES], rows)


def rates_of(cells: Cells, variant: str, task: str, when: str, mode: str) -> Rates | None:
    """Of one cell; None where it has no result."""
    found = cells.get(variant, task, when, mode)
    return rates(found) if found else None
