"""A weights file against recorded episodes: demonstrations held out, or a policy's roll-outs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fosp_agent.episodes.check import kind_of, split_held_out
from fosp_agent.training.calibration import Quality
from fosp_agent.training.files import write_atomically
from fosp_agent.training.held_out import HeldOut
from fosp_agent.types import Episode

SHOWN = ("cost", "cost_open_5", "cost_open_15", "reachability")
"""Signals of the reliability diagram."""


def held_out_part(episodes: list[Episode], share: float) -> list[Episode]:
    """The episodes that a pretraining on them with this held-out share does not train on."""
    _, held = split_held_out({e.id: kind_of(e) for e in episodes}, share)
    kept = set(held)
    return [e for e in episodes if e.id in kept]


def as_record(found: HeldOut) -> dict[str, Any]:
    """The measurement as JSON; None where a number does not exist."""
    return {
        "episodes": found.episodes,
        "observations": found.observations,
        "losses": {name: _number(value) for name, value in found.losses.items()},
        "signals": {name: _signal(value) for name, value in found.signals.items()},
    }


def write_record(path: Path, record: dict[str, Any]) -> None:
    """Write JSON, whole or not at all."""
    write_atomically(path, (json.dumps(record, indent=1) + "\n").encode())


def write_diagram(path: Path, found: HeldOut, title: str) -> None:
    """Draw what was predicted against what came, with the share of each bin below, as PNG.

    Of an agent without a guess of costs there is nothing to draw; then no file is written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [name for name in SHOWN if name in found.signals]
    if not shown:
        return
    figure = Figure(figsize=(3.2 * len(shown), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    axes = figure.subplots(2, len(shown), height_ratios=[3, 1], squeeze=False)
    for column, name in enumerate(shown):
        _draw(axes[0, column], axes[1, column], name, found.signals[name])
    axes[0, 0].set_ylabel("observed")
    axes[1, 0].set_ylabel("share")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    figure.savefig(temporary, format="png", dpi=110)
    temporary.replace(path)


def _draw(upper: Any, lower: Any, name: str, signal: Quality) -> None:
    diagram = signal.reliability
    assert diagram is not None
    inside = diagram.share > 0
    upper.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    upper.plot(diagram.predicted[inside], diagram.observed[inside], "o-", markersize=4)
    upper.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    upper.set_title(f"{name}\nAUC {signal.auc:.2f}, ECE {signal.calibration_error:.3f}", fontsize=9)
    edges = np.linspace(0, 1, len(diagram.share) + 1)
    lower.bar(edges[:-1], diagram.share, width=np.diff(edges), align="edge", edgecolor="white")
    lower.set(xlim=(0, 1), yscale="log", ylim=(1e-4, 1.5), xlabel="predicted")


def _signal(signal: Quality) -> dict[str, Any]:
    diagram = signal.reliability
    return {
        "total": signal.total,
        "positives": signal.positives,
        "auc": _number(signal.auc),
        "calibration_error": _number(signal.calibration_error),
        "at_positives": _number(signal.at_positives),
        "at_negatives": _number(signal.at_negatives),
        "reliability": diagram
        and {
            "predicted": _numbers(diagram.predicted),
            "observed": _numbers(diagram.observed),
            "share": _numbers(diagram.share),
        },
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _numbers(values: npt.NDArray[np.float64]) -> list[float | None]:
    return [_number(float(v)) for v in values]
