"""Return and cost of every trajectory of datasets, by who drove it: a table and Figure 10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fosp_agent.episodes.store import EpisodeStore

COLOURS = {"random": "#8c8c8c", "unsafe": "#e0a800", "safe": "#2f6fb7"}
"""Of the paper's Figure 10; other groups get matplotlib's own."""
WHO = ("behaviour", "kind", "source")
"""Entries of an episode's file that say who drove it, the first that is there."""
PANEL = 3.4
"""Width of a dataset's panel [inch]."""


@dataclass(frozen=True)
class Point:
    """One trajectory."""

    group: str
    episode_return: float
    episode_cost: float


def points(store: EpisodeStore) -> list[Point]:
    """The labelled, not discarded trajectories of a store; images are not read.

    Raises:
        EpisodeError: a file cannot be read.
    """
    found = []
    for episode_id in store.ids():
        label = store.labels.latest(episode_id)
        if label is None or label.discard:
            continue
        entries = store.info(episode_id).metadata
        group = next((entries[key] for key in WHO if key in entries), "unknown")
        found.append(Point(group, float(label.reward.sum()), float(label.cost.sum())))
    return found


def groups(of: Sequence[Point]) -> dict[str, list[Point]]:
    """Trajectories by who drove them, the names in order."""
    return {
        name: [point for point in of if point.group == name]
        for name in sorted({point.group for point in of})
    }


def table(of: Sequence[Point]) -> list[tuple[str, ...]]:
    """Rows of text: group, trajectories, return and cost (mean and standard deviation)."""
    return [
        (
            name,
            str(len(members)),
            _mean_and_deviation([point.episode_return for point in members]),
            _mean_and_deviation([point.episode_cost for point in members]),
        )
        for name, members in groups(of).items()
    ]


def _mean_and_deviation(values: Sequence[float]) -> str:
    return f"{np.mean(values):.1f} ± {np.std(values):.1f}"


def draw(datasets: dict[str, Sequence[Point]], path: Path) -> None:
    """Write a picture: a panel a dataset, a dot a trajectory, return across and cost up."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PANEL * len(datasets), PANEL), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(datasets), squeeze=False)[0]
    for panel, (title, of) in zip(panels, datasets.items(), strict=True):
        for name, members in groups(of).items():
            panel.scatter(
                [point.episode_return for point in members],
                [point.episode_cost for point in members],
                s=14,
                alpha=0.75,
                linewidths=0,
                color=COLOURS.get(name),
                label=f"{name} ({len(members)})",
            )
        panel.set(title=title, xlabel="reward return", ylabel="cost return")
        panel.grid(alpha=0.25)
        panel.legend(fontsize=8, framealpha=0.9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
