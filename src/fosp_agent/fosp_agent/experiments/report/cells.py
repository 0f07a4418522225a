"""The results of Table 3's protocol by agent, task, time and mode."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fosp_agent.agents.variants import VARIANTS
from fosp_agent.experiments.acting_units import AFTER, BEFORE, START
from fosp_agent.experiments.protocol import ORIGINAL, UNSEEN_TASKS
from fosp_agent.experiments.result import Result

DURING = "during"
WHEN = (BEFORE, AFTER, START, DURING)
"""The first two share their scenes, and so do the last two."""
THERE = (START, DURING)
"""In the scenes of the trials, acting as the trials do."""


@dataclass(frozen=True)
class Cell:
    """One entry of the table."""

    variant: str
    task: str
    when: str
    mode: str


class Cells:
    """All results of one experiment."""

    def __init__(self, results: Sequence[Result]) -> None:
        self.results = results
        self.pretrainings = {r.unit: r for r in results if r.kind == "pretrain"}
        self._cells: dict[Cell, list[Result]] = defaultdict(list)
        for found in results:
            if found.kind == "pretrain":
                continue
            settings = found.settings
            when = DURING if found.kind == "trials" else str(settings["when"])
            cell = Cell(settings["variant"], settings["task"], when, settings["mode"])
            self._cells[cell].append(found)

    def get(self, variant: str, task: str, when: str, mode: str) -> list[Result]:
        """One result a seed; empty where there is none."""
        return self._cells.get(Cell(variant, task, when, mode), [])

    @property
    def variants(self) -> list[str]:
        """In the registry's order; unknown ones last."""
        found = {cell.variant for cell in self._cells}
        known = [name for name in VARIANTS if name in found]
        return known + sorted(found - set(known))

    @property
    def tasks(self) -> list[str]:
        """Those fine-tuned on, in the paper's order."""
        found = {cell.task for cell in self._cells if cell.task != ORIGINAL}
        found |= {c.task for c in self._cells if c.when == DURING}
        known = [name for name in UNSEEN_TASKS if name in found]
        return known + sorted(found - set(known))

    @property
    def seeds(self) -> list[int]:
        """All that any result is of."""
        return sorted({int(found.settings["seed"]) for found in self.results})

    def seeds_of(self, variant: str) -> list[int]:
        """Those that a variant was tested or fine-tuned with."""
        pairs = ((cell.variant, found) for cell, many in self._cells.items() for found in many)
        return sorted({int(found.settings["seed"]) for name, found in pairs if name == variant})

    @property
    def modes(self) -> list[str]:
        """Of the tests."""
        found = {cell.mode for cell in self._cells if cell.when not in THERE}
        return [mode for mode in ("sample", "greedy", "cloning") if mode in found]

    @property
    def trial_modes(self) -> list[str]:
        """Of the trials."""
        return sorted({cell.mode for cell in self._cells if cell.when == DURING})

    def during(self, variant: str, task: str) -> list[Result]:
        """The trials, in whichever mode they were made."""
        found: list[Result] = []
        for mode in self.trial_modes:
            found += self.get(variant, task, DURING, mode)
        return found

    def whole(self, variant: str, tasks: Sequence[str], when: str, mode: str) -> list[Result]:
        """Of several tasks together, from the seeds that have a result of each."""
        by_task = [self.get(variant, task, when, mode) for task in tasks]
        there = [{int(found.settings["seed"]) for found in results} for results in by_task]
        seeds = set.intersection(*there) if there else set()
        return [r for results in by_task for r in results if int(r.settings["seed"]) in seeds]
