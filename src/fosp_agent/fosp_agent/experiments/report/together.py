"""The unseen tasks together: one task has too few tests to tell agents apart."""

from __future__ import annotations

from collections.abc import Iterator

from fosp_agent.experiments.report.cells import WHEN, Cells
from fosp_agent.experiments.report.differences import MEASURES, difference
from fosp_agent.experiments.report.rates import Rates, rates
from fosp_agent.experiments.report.safereach_tables import (
    NONE,
    RATES_HEADER,
    markdown,
    rates_row,
)

REFERENCE = "fosp"
"""What the others are compared with."""


def rates_together(cells: Cells, variant: str, when: str, mode: str) -> Rates | None:
    """Of all tasks that were fine-tuned on; None where no seed has all of them."""
    found = cells.whole(variant, cells.tasks, when, mode)
    return rates(found) if found else None


def together_table(cells: Cells, mode: str) -> str:
    """SR, CV and safe SR of each agent over all tasks, at each time."""
    rows = []
    for variant in cells.variants:
        found = {when: rates_together(cells, variant, when, mode) for when in WHEN}
        if any(found.values()):
            rows.append(rates_row(variant, found))
    return markdown(RATES_HEADER, rows)


def difference_table(cells: Cells, mode: str) -> str | None:
    """Each agent's rates less the reference's, on the same scenes; None if there is no other."""
    rows = list(_difference_rows(cells, mode))
    header = ["agent", "seeds of both", *RATES_HEADER[2:]]
    return markdown(header, rows) if rows else None


def _difference_rows(cells: Cells, mode: str) -> Iterator[list[str]]:
    for variant in cells.variants:
        if variant == REFERENCE:
            continue
        ours, theirs = (
            [cells.whole(name, cells.tasks, when, mode) for when in WHEN]
            for name in (REFERENCE, variant)
        )
        pairs = list(zip(ours, theirs, strict=True))
        found = [difference(*pair, name) for name in MEASURES for pair in pairs]
        seeds = {len(one.seeds) for one in found if one is not None}
        if not seeds:
            continue
        texts = [NONE if one is None else one.marked() for one in found]
        yield [f"`{variant}`", " to ".join(map(str, sorted(seeds))), *texts]
