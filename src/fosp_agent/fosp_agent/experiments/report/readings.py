"""The open readings: which there are, what each reaches, and by how much it differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from fosp_agent.experiments.acting_units import AFTER, BEFORE, START
from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.readings import DEFAULT, OFFLINE, READINGS, Stage
from fosp_agent.experiments.report.calibration import SIGNALS, TITLES, Pooled, held_out_of, pooled
from fosp_agent.experiments.report.cells import DURING, Cells
from fosp_agent.experiments.report.differences import MEASURES, Difference, difference
from fosp_agent.experiments.report.rates import rates
from fosp_agent.experiments.report.safereach_tables import NONE, markdown
from fosp_agent.experiments.result import Result

NOTHING = "nothing"
PRETRAINED = "pretrained"
"""Stands among the readings of fine-tuning for the policy that all of them begin with."""
SAME_SCENES = {DURING: START, AFTER: BEFORE}
"""When that policy was tested in the scenes of what comes later."""


@dataclass(frozen=True)
class ReadingCells:
    """The results of one stage, by reading, task, time and mode."""

    stage: Stage
    results: Sequence[Result]
    cells: Cells
    """Of the same, where a reading is what elsewhere is an agent."""

    @classmethod
    def of(cls, results: Sequence[Result], stage: Stage) -> ReadingCells:
        """Those of ``results`` that are of the stage."""
        own = [found for found in results if found.settings["stage"] == stage]
        by_reading = [
            replace(found, settings={**found.settings, "variant": found.settings["reading"]})
            for found in own
        ]
        return cls(stage, own, Cells(by_reading))

    @property
    def names(self) -> list[str]:
        """Readings that acted, in the registry's order; unknown ones last."""
        found = self.cells.variants
        known = [name for name in READINGS if name in found]
        return known + sorted(set(found) - set(known))

    @property
    def rows(self) -> list[str]:
        """The readings, and the policy that they begin with before them."""
        return self.names if self.stage == OFFLINE else [PRETRAINED, *self.names]

    @property
    def tasks(self) -> list[str]:
        """On which readings are compared."""
        return [ORIGINAL] if self.stage == OFFLINE else self.cells.tasks

    @property
    def times(self) -> tuple[str, ...]:
        """At which readings differ; before fine-tuning they all are one policy."""
        return (BEFORE,) if self.stage == OFFLINE else (DURING, AFTER)

    def whole(self, name: str, tasks: Sequence[str], when: str, mode: str) -> list[Result]:
        """Of several tasks together, from the seeds that have a result of each."""
        modes = self.cells.trial_modes if when == DURING else [mode]
        if name == PRETRAINED:
            name, when = DEFAULT, SAME_SCENES[when]
        return [r for acting in modes for r in self.cells.whole(name, tasks, when, acting)]

    def difference(self, name: str, when: str, mode: str, measure: str) -> Difference | None:
        """Of a rate of a reading to that of what it is compared with, over all tasks."""
        other = against(name)
        if name == other:
            return None
        ours, theirs = (self.whole(n, self.tasks, when, mode) for n in (other, name))
        return difference(ours, theirs, measure)


def against(name: str) -> str:
    """The reading that another is compared with."""
    return READINGS[name].against if name in READINGS else DEFAULT


def switch_table(found: ReadingCells) -> str:
    """What each reading is, and the settings that make it up."""
    switches: dict[str, Mapping[str, object]] = {
        str(r.settings["reading"]): r.settings["switch"] for r in found.results
    }
    rows = []
    for name in found.names:
        settings = ", ".join(f"`{key}={_plain(value)}`" for key, value in switches[name].items())
        description = READINGS[name].description if name in READINGS else NONE
        rows.append([f"`{name}`", description, settings or NONE])
    return markdown(["reading", "what it is", "switch"], rows)


def rate_table(found: ReadingCells, tasks: Sequence[str], mode: str) -> str:
    """SR, CV and safe SR of each reading."""
    columns = [(measure, when) for measure in MEASURES for when in found.times]
    rows = []
    for name in found.rows:
        of = {when: found.whole(name, tasks, when, mode) for when in found.times}
        there = {when: rates(results) for when, results in of.items() if results}
        if not there:
            continue
        counts = sorted({len(r.success.totals) for r in there.values()})
        texts = [there[when].of(m).text() if when in there else NONE for m, when in columns]
        rows.append([f"`{name}`", " to ".join(map(str, counts)), *texts, *_share(of)])
    header = [_column(*column, found.stage) for column in columns]
    shares = ["new policy acted"] if found.stage != OFFLINE else []
    return markdown(["reading", "seeds", *header, *shares], rows)


def paired_table(found: ReadingCells, mode: str) -> str | None:
    """Each reading's rates less those of what it is compared with; None if there is no other."""
    rows = list(_paired_rows(found, mode))
    if not rows:
        return None
    columns = [_column(m, when, found.stage) for m in MEASURES for when in found.times]
    return markdown(["reading", "less", "seeds of both", *columns, "decided"], rows)


def _paired_rows(found: ReadingCells, mode: str) -> Iterator[list[str]]:
    for name in found.rows:
        changes = {
            _column(m, when, found.stage): found.difference(name, when, mode, m)
            for m in MEASURES
            for when in found.times
        }
        seeds = sorted({len(one.seeds) for one in changes.values() if one is not None})
        if seeds:
            texts = [NONE if one is None else one.marked() for one in changes.values()]
            counted = " to ".join(map(str, seeds))
            yield [f"`{name}`", f"`{against(name)}`", counted, *texts, _decided(changes)]


def head_table(found: ReadingCells) -> str | None:
    """AUC and calibration error of each reading's heads on held-out demonstrations."""
    rows = []
    for name in found.names:
        of = [pooled(held_out_of(found.cells, name), signal) for signal in SIGNALS]
        if any(of):
            rows.append([f"`{name}`", *(text for one in of for text in _head(one))])
    columns = [text for signal in SIGNALS for text in (f"{TITLES[signal]}: AUC", "ECE")]
    return markdown(["reading", *columns], rows) if rows else None


def _head(found: Pooled | None) -> tuple[str, str]:
    if found is None:
        return NONE, NONE
    return NONE if found.auc is None else f"{found.auc:.3f}", f"{found.reliability.error:.3f}"


def _share(of: Mapping[str, Sequence[Result]]) -> list[str]:
    """How often the new policy acted in the trials [%]; empty for a stage without any."""
    if DURING not in of:
        return []
    shares = [x for r in of[DURING] for x in r.result.get("new_policy_share", ())]
    return [f"{100 * fmean(shares):.0f}" if shares else NONE]


def _column(measure: str, when: str, stage: Stage) -> str:
    return measure if stage == OFFLINE else f"{measure} {when}"


def _decided(changes: Mapping[str, Difference | None]) -> str:
    texts = [
        f"{column} {'higher' if change.value > 0 else 'lower'}"
        for column, change in changes.items()
        if change is not None and change.decided
    ]
    return ", ".join(texts) or NOTHING


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
