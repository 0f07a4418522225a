"""Calibration of the heads that safety rests on, pooled over results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.report.safereach_tables import NONE, markdown
from fosp_agent.training.calibration import BINS, Reliability

SIGNALS = ("cost", "cost_open_15", "reachability")
TITLES = {
    "cost": "P(cost), filtered",
    "cost_open_15": "P(cost), 15 steps ahead",
    "reachability": "reachability p(s)",
}


@dataclass(frozen=True)
class Pooled:
    """One signal over several measurements."""

    auc: float | None
    """Mean of the measurements' own, weighted by their events; None where none has any."""
    positives: int
    total: int
    reliability: Reliability


def pooled(measurements: Iterable[Mapping[str, Any] | None], signal: str) -> Pooled | None:
    """Pool the measurements that have this signal; None if none has."""
    entries = [m["signals"][signal] for m in measurements if m and signal in m["signals"]]
    entries = [e for e in entries if e["reliability"]]
    if not entries:
        return None
    count = np.zeros(BINS)
    predicted, observed = np.zeros(BINS), np.zeros(BINS)
    for entry in entries:
        number = np.array(entry["reliability"]["share"]) * entry["total"]
        count += number
        predicted += number * _filled(entry["reliability"]["predicted"])
        observed += number * _filled(entry["reliability"]["observed"])
    with np.errstate(invalid="ignore"):
        diagram = Reliability(predicted / count, observed / count, count / max(count.sum(), 1.0))
    ranked = [e for e in entries if e["auc"] is not None]
    weights = [e["positives"] for e in ranked]
    return Pooled(
        auc=float(np.average([e["auc"] for e in ranked], weights=weights)) if ranked else None,
        positives=sum(e["positives"] for e in entries),
        total=sum(e["total"] for e in entries),
        reliability=diagram,
    )


def held_out_of(cells: Cells, variant: str) -> list[Mapping[str, Any] | None]:
    """Of the pretrainings that a variant begins with."""
    needs = {
        need
        for found in cells.results
        if found.kind != "pretrain" and found.settings["variant"] == variant
        for need in found.needs
    }
    return [
        found.result["held_out"]
        for unit, found in sorted(cells.pretrainings.items())
        if unit in needs
    ]


def roll_outs_of(cells: Cells, variant: str) -> list[Mapping[str, Any] | None]:
    """The pretrained model on the variant's own trials, which it was not trained on."""
    return [
        found.result["own_roll_outs"]
        for task in cells.tasks
        for found in cells.during(variant, task)
    ]


def calibration_table(cells: Cells) -> str:
    """AUC and calibration error of each agent's pretrained model."""
    rows = []
    for variant in cells.variants:
        both = (held_out_of(cells, variant), roll_outs_of(cells, variant))
        for signal in SIGNALS:
            found = [pooled(part, signal) for part in both]
            if any(found):
                numbers = [text for one in found for text in _row(one)]
                rows.append([f"`{variant}`", TITLES[signal], *numbers])
    header = ["agent", "signal"]
    for where in ("held out", "own trials"):
        header += [f"{where}: AUC", "ECE", "events"]
    return markdown(header, rows)


def _row(found: Pooled | None) -> list[str]:
    if found is None:
        return [NONE, NONE, NONE]
    auc = NONE if found.auc is None else f"{found.auc:.3f}"
    return [auc, f"{found.reliability.error:.3f}", f"{found.positives} of {found.total}"]


def _filled(values: Sequence[float | None]) -> Any:
    return np.array([0.0 if value is None else value for value in values])
