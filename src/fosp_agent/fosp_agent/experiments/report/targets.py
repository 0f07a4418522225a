"""What the method is to reach, what it got, and whether: a miss is written down as a miss."""

from __future__ import annotations

from collections.abc import Iterator

from fosp_agent.agents.variants import VARIANTS
from fosp_agent.experiments.acting_units import AFTER, BEFORE
from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.report.calibration import TITLES, held_out_of, pooled
from fosp_agent.experiments.report.cells import DURING, Cells
from fosp_agent.experiments.report.changes import PAIRS, change
from fosp_agent.experiments.report.claims import MET, MISSED, claim_rows
from fosp_agent.experiments.report.rates import Rate
from fosp_agent.experiments.report.safereach_tables import NONE, markdown, rates_of

Row = list[str]

OURS = tuple(name for name, one in VARIANTS.items() if one.ours)
"""The agents that targets are of."""

SUCCESS_AFTER, VIOLATION_AFTER, VIOLATION_DURING, SAFE_ORIGINAL = 0.90, 0.05, 0.40, 0.85
AUC, CALIBRATION_ERROR = 0.95, 0.05


def target_table(cells: Cells, variant: str, mode: str) -> str:
    """A row a target, for one agent and mode of its tests."""
    rows: list[Row] = []
    for task in cells.tasks:
        rows += _task(cells, variant, task, mode)
    original = rates_of(cells, variant, ORIGINAL, BEFORE, mode)
    if original is not None:
        rows.append(_least("original: safe SR, pretrained", original.safe_success, SAFE_ORIGINAL))
    rows += claim_rows(cells, variant, mode)
    rows += _heads(cells, variant)
    return markdown(["measure", "target", "got", ""], rows)


def _task(cells: Cells, variant: str, task: str, mode: str) -> Iterator[Row]:
    during = rates_of(cells, variant, task, DURING, mode)
    after = rates_of(cells, variant, task, AFTER, mode)
    if after is not None:
        yield _least(f"{task}: SR after", after.success, SUCCESS_AFTER)
        yield _most(f"{task}: CV after", after.violation, VIOLATION_AFTER)
    if during is not None:
        yield _most(f"{task}: CV during", during.violation, VIOLATION_DURING)
    for earlier, later in PAIRS:
        for measure, better in (("SR", 1), ("CV", -1)):
            found = change(cells, variant, [task], (earlier, later), mode, measure)
            if found is not None:
                worse = found.decided and better * found.value < 0
                title = f"{task}: {measure} {later} against {earlier}, same scenes"
                yield [title, "not worse than noise", f"{found.text()} points", _verdict(not worse)]


def _heads(cells: Cells, variant: str) -> Iterator[Row]:
    for signal in ("cost", "reachability"):
        found = pooled(held_out_of(cells, variant), signal)
        if found is None:
            continue
        auc = NONE if found.auc is None else f"{found.auc:.3f}"
        met = found.auc is not None and found.auc >= AUC
        yield [f"{TITLES[signal]}: AUC, held out", f"at least {AUC}", auc, _verdict(met)]
        error = found.reliability.error
        yield [
            f"{TITLES[signal]}: calibration error, held out",
            f"at most {CALIBRATION_ERROR}",
            f"{error:.3f}",
            _verdict(error <= CALIBRATION_ERROR),
        ]


def _least(title: str, rate: Rate, target: float) -> Row:
    return _row(title, "at least", rate, target, met=rate.value >= target)


def _most(title: str, rate: Rate, target: float) -> Row:
    return _row(title, "at most", rate, target, met=rate.value <= target)


def _row(title: str, relation: str, rate: Rate, target: float, *, met: bool) -> Row:
    """A miss that whole percents would hide has a decimal place."""
    hidden = not met and f"{100 * rate.value:.0f}" == f"{100 * target:.0f}"
    got = rate.text(places=1 if hidden else 0)
    return [title, f"{relation} {100 * target:.0f} %", f"{got} %", _verdict(met)]


def _verdict(met: bool) -> str:
    return MET if met else MISSED
