"""Which results there are: agents need not have been given the same seeds and tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from fosp_agent.experiments.acting_units import AFTER, BEFORE
from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.report.cells import THERE, Cells
from fosp_agent.experiments.report.words import agents, counted


def gap_lines(cells: Cells) -> list[str]:
    """A Markdown list item for each agent and way of acting that lacks something of its seeds."""
    lines: list[str] = []
    for mode in cells.modes:
        untested = []
        for variant in cells.variants:
            wanted = [(ORIGINAL, BEFORE)]
            wanted += [(task, when) for task in cells.tasks for when in (BEFORE, AFTER)]
            found = _count(cells, variant, wanted, mode)
            if not any(found.values()):
                untested.append(variant)
            else:
                lines += _line(f"`{variant}`, {mode}, tests", found, len(wanted))
        if untested:
            lines.append(f"- tests, {mode}: none of {agents(untested)}")
    for mode in cells.trial_modes:
        for variant in cells.variants:
            wanted = [(task, when) for task in cells.tasks for when in THERE]
            found = _count(cells, variant, wanted, mode)
            lines += _line(
                f"`{variant}`, {mode}, fine-tunings and tests in their scenes", found, len(wanted)
            )
    return lines


def _count(
    cells: Cells, variant: str, wanted: Sequence[tuple[str, str]], mode: str
) -> dict[int, int]:
    """Number of the wanted results that each of the agent's seeds has."""
    found = dict.fromkeys(cells.seeds_of(variant), 0)
    for task, when in wanted:
        for result in cells.get(variant, task, when, mode):
            found[int(result.settings["seed"])] += 1
    return found


def _line(title: str, found: dict[int, int], wanted: int) -> Iterator[str]:
    groups: dict[int, list[int]] = defaultdict(list)
    for seed, count in found.items():
        if count < wanted:
            groups[count].append(seed)
    if groups:
        parts = [f"{n} of {wanted} of {counted(seeds)}" for n, seeds in sorted(groups.items())]
        yield f"- {title}: {'; '.join(parts)}"
