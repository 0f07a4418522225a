"""What fine-tuning changes: the same agent, on the same scenes, before and later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fosp_agent.experiments.acting_units import AFTER, BEFORE, START
from fosp_agent.experiments.report.cells import DURING, Cells
from fosp_agent.experiments.report.differences import MEASURES, Difference, difference
from fosp_agent.experiments.report.safereach_tables import NONE, markdown

PAIRS = ((BEFORE, AFTER), (START, DURING))
"""Times that share their scenes."""
HEADER = ["agent", "task", "seeds"] + [
    f"{measure} {later} less {earlier}" for earlier, later in PAIRS for measure in MEASURES
]


def change(
    cells: Cells, variant: str, tasks: Sequence[str], pair: tuple[str, str], mode: str, measure: str
) -> Difference | None:
    """Of a rate, from one time to another; None where no scene was tested at both."""
    earlier, later = (cells.whole(variant, tasks, when, mode) for when in pair)
    return difference(earlier, later, measure)


def change_table(cells: Cells, mode: str, apart: Sequence[str]) -> str | None:
    """A row an agent over all tasks, and for some agents a row a task; None without any pair."""
    rows: list[list[str]] = []
    for variant in cells.variants:
        rows += _row(cells, variant, "all", cells.tasks, mode)
        if variant in apart:
            for task in cells.tasks:
                rows += _row(cells, variant, task, [task], mode)
    return markdown(HEADER, rows) if rows else None


def _row(
    cells: Cells, variant: str, title: str, tasks: Sequence[str], mode: str
) -> Iterator[list[str]]:
    found = [
        change(cells, variant, tasks, pair, mode, measure) for pair in PAIRS for measure in MEASURES
    ]
    seeds = sorted({len(one.seeds) for one in found if one is not None})
    if seeds:
        texts = [NONE if one is None else one.marked() for one in found]
        yield [f"`{variant}`", title, " to ".join(map(str, seeds)), *texts]
