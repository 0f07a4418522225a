"""The section about the open readings, a part for each stage that has results."""

from __future__ import annotations

from collections.abc import Sequence

from fosp_agent.experiments.readings import OFFLINE, STAGES
from fosp_agent.experiments.report.blocks import Section
from fosp_agent.experiments.report.budget import budget_lines
from fosp_agent.experiments.report.readings import (
    ReadingCells,
    head_table,
    paired_table,
    rate_table,
    switch_table,
)
from fosp_agent.experiments.report.readings_plot import readings_plot
from fosp_agent.experiments.report.safereach_tables import MODE_TITLES
from fosp_agent.experiments.result import Result

TITLES = {"offline": "Offline: pretrained with each", "online": "Online: fine-tuned with each"}
ABOUT = {
    "offline": (
        "Each reading is pretrained on the same demonstrations with the same seed and tested on "
        "the original task, in the same scenes."
    ),
    "online": (
        "All readings begin with the same pretrained weights and act in the same scenes. During: "
        "the trials themselves; after: tests. `pretrained` is the policy that all begin with, "
        "before any of it, in the scenes of either. *New policy acted*: share of the trials' steps "
        "[%]."
    ),
}
RATES = (
    "Percent over the pooled episodes of all seeds (Wilson 95 % interval). SR: target touched; "
    "CV: any contact; safe SR: touched and no contact."
)
PAIRED = (
    "Percentage points on the same scenes and of the same seeds (95 % interval over scenes, pairs "
    "by Agresti and Min; bold and *decided*: it leaves out 0, which one in twenty does by chance). "
    "How much another training would differ is not in it, so one seed is a hint, not a proof."
)


def readings_section(section: Section, results: Sequence[Result]) -> None:
    """Open readings of the paper, one switch at a time."""
    section.add(f"## Open readings, one switch at a time (`{section.name}`)")
    for stage in STAGES:
        found = ReadingCells.of(results, stage)
        if found.names:
            _stage(section, found)


def _stage(section: Section, found: ReadingCells) -> None:
    section.add(f"### {TITLES[found.stage]}", ABOUT[found.stage])
    section.add("\n".join(budget_lines(found.results)), switch_table(found))
    for mode in found.cells.modes:
        together = ", ".join(found.tasks)
        section.add(f"#### {together}: {MODE_TITLES[mode]}", RATES)
        section.add(rate_table(found, found.tasks, mode))
        compared = paired_table(found, mode)
        if compared is not None:
            section.add(PAIRED, compared)
        caption = f"What each reading changes, {found.stage}, {MODE_TITLES[mode]}"
        section.plot(f"{found.stage}-{mode}", readings_plot(found, mode), caption)
        for task in found.tasks if len(found.tasks) > 1 else ():
            section.add(f"#### {task}: {MODE_TITLES[mode]}", rate_table(found, [task], mode))
    heads = head_table(found) if found.stage == OFFLINE else None
    if heads is not None:
        section.add("#### Heads on held-out demonstrations", heads)
