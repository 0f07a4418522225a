"""What is written about each kind of experiment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure

from fosp_agent.experiments.acting_units import AFTER, BEFORE
from fosp_agent.experiments.report.ablation import (
    ablation_bars,
    ablation_claims,
    ablation_table,
)
from fosp_agent.experiments.report.blocks import Section
from fosp_agent.experiments.report.budget import budget_lines, reductions
from fosp_agent.experiments.report.calibration import calibration_table
from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.report.changes import change_table
from fosp_agent.experiments.report.coverage import gap_lines
from fosp_agent.experiments.report.curves import groups, learning_curves, new_policy_share
from fosp_agent.experiments.report.readings_section import readings_section
from fosp_agent.experiments.report.reliability import reliability_diagrams
from fosp_agent.experiments.report.safereach_tables import (
    MODE_TITLES,
    original_table,
    task_table,
)
from fosp_agent.experiments.report.targets import OURS, target_table
from fosp_agent.experiments.report.together import difference_table, together_table
from fosp_agent.experiments.report.together_plot import together_plot
from fosp_agent.experiments.report.trails import LEGEND, trails
from fosp_agent.experiments.result import Result

READING = (
    "Percent over the pooled episodes of all seeds: rate ± standard deviation over seeds, if there "
    "are several (Wilson 95 % interval of the pooled counts). SR: target touched; CV: any contact; "
    "safe SR: touched and no contact. Before and after are tested on the same scenes. During: the "
    "trials themselves, each in another scene and with other weights; start: the policy as it was "
    "before the first of them, in the same scenes. Scenes are hard or easy by chance: compare "
    "after with before, and during with start; agents of one seed have the same scenes. Labels "
    "are the simulator's truth."
)

FIGURE_6 = (
    "Figure 6 says: safe data alone make a policy that violates, unsafe data alone one that hardly "
    "gets there, more data a better one. In percentage points on the same scenes, 95 % interval; "
    "undecided where it holds 0."
)
GAPS = "**Not there for every seed of an agent** (not asked for, or not finished):"
PAIRED = (
    "Percentage points of each agent less `fosp`, on the same scenes and of the same seeds "
    "(95 % interval over scenes, pairs by Agresti and Min; bold: it leaves out 0, which one in "
    "twenty does by chance). How much another training would differ is not in it."
)


CHANGED = (
    "What fine-tuning changes, in percentage points on the same scenes (95 % interval over scenes; "
    "bold: it leaves out 0, which one in twenty does by chance). During is the mean over all "
    "trials, the first of which have learned next to nothing."
)


def safereach_section(section: Section, results: Sequence[Result]) -> None:
    """Table 3's protocol."""
    cells = Cells(results)
    section.add(f"## SafeReach: Table 3's protocol (`{section.name}`)")
    _budget(section, results)
    lacking = reductions(cells)
    if lacking:
        section.add(
            f"**Reduced budget: {'; '.join(lacking)}.** Read the intervals before the rates."
        )
    gaps = gap_lines(cells)
    if gaps:
        section.add(GAPS, "\n".join(gaps))
    shared = _shared_pretrainings(cells)
    section.add(READING + (f" {shared}" if shared else ""))
    _together(section, cells)
    for mode in cells.modes:
        for task in cells.tasks:
            title = f"### {task}, {MODE_TITLES[mode]}"
            section.add(title, task_table(cells, task, mode))
    section.add("### Pretrained, on the original task", original_table(cells))
    _targets(section, cells)
    _plots(section, cells)


def ablation_section(section: Section, results: Sequence[Result]) -> None:
    """Figure 6 on SafeReach."""
    section.add(f"## Dataset ablation on SafeReach, as in Figure 6 (`{section.name}`)")
    _budget(section, results)
    section.add(
        "Pretrained on a part of the demonstrations each, chosen by kind and by a hash of the "
        "episode's name (a smaller part is inside every larger one), and tested on the original "
        "task. Successes and failures keep their shares among safe and among unsafe "
        "trajectories. The pretraining holds out a tenth of each kind.",
        ablation_table(results),
    )
    for mode, title in MODE_TITLES.items():
        claims = ablation_claims(results, mode)
        if claims is not None:
            section.add(f"{FIGURE_6} {title[0].upper()}{title[1:]}:", claims)
        caption = f"Share of unsafe data, and amount of data, {title}"
        section.plot(f"bars-{mode}", ablation_bars(results, mode), caption)


SECTIONS: Mapping[str, Callable[[Section, Sequence[Result]], None]] = {
    "safereach": safereach_section,
    "dataset-ablation": ablation_section,
    "readings": readings_section,
}
"""Kind of an experiment to what is written about it."""


def _budget(section: Section, results: Sequence[Result]) -> None:
    section.add("\n".join(budget_lines(results)))


def _shared_pretrainings(cells: Cells) -> str:
    texts = []
    for variant in cells.variants:
        needs = {
            need.split("/")[1]
            for found in cells.results
            if found.settings.get("variant") == variant and found.kind == "trials"
            for need in found.needs
        }
        texts += [f"`{variant}` begins with `{n}`'s pretraining" for n in needs if n != variant]
    return f"Shared: {'; '.join(texts)}." if texts else ""


def _together(section: Section, cells: Cells) -> None:
    for mode in cells.modes:
        title = f"The unseen tasks together, {MODE_TITLES[mode]}"
        section.add(f"### {title}", together_table(cells, mode))
        changed = change_table(cells, mode, OURS)
        if changed is not None:
            section.add(CHANGED, changed)
        compared = difference_table(cells, mode)
        if compared is not None:
            section.add(PAIRED, compared)
        section.plot(f"together-{mode}", together_plot(cells, mode), f"{title}, 95 % intervals")


def _targets(section: Section, cells: Cells) -> None:
    for variant in [name for name in OURS if name in cells.variants] or cells.variants[:1]:
        for mode in cells.modes:
            table = target_table(cells, variant, mode)
            section.add(f"### Targets: `{variant}`, {MODE_TITLES[mode]}", table)


def _plots(section: Section, cells: Cells) -> None:
    if cells.trial_modes:
        section.add("### Over the trials")
        caption = "SR and CV over the trials, mean over seeds, band: one standard deviation"
        for name, title, members in groups(cells):
            figure = learning_curves(cells, members)
            section.plot(f"learning-curves-{name}", figure, f"{title}: {caption}")
        caption = "How often the new policy acted; the line is a coin toss"
        section.plot("new-policy", new_policy_share(cells), caption)
    section.add("### Calibration of the pretrained model", calibration_table(cells))
    for variant in cells.variants[:1]:
        caption = f"Reliability of {variant}'s model; the marker's area is the share of predictions"
        section.plot("calibration", reliability_diagrams(cells, variant), caption)
        section.add("### Trails of the end effector")
        seed = cells.seeds_of(variant)[0]
        for task in ("original", *cells.tasks):
            where = f"{variant} on {task}, seed {seed}, the first test scenes"
            caption = f"Trails of {where}; {LEGEND}"
            section.plot(f"trails-{task}", _trails(cells, variant, task, seed), caption)


def _trails(cells: Cells, variant: str, task: str, seed: int) -> Figure | None:
    mode = cells.modes[0]
    rows = []
    for when in (BEFORE, AFTER):
        found = cells.get(variant, task, when, mode)
        rows += [(f"{when}, {mode}", r) for r in found if int(r.settings["seed"]) == seed]
    return trails(rows)
