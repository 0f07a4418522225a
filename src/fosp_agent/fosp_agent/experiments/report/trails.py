"""Trails of the end effector over the workspace, before and after, as in Figure 11."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from fosp_agent.experiments.report.figure import COLOURS, new_figure
from fosp_agent.experiments.result import Result

LEGEND = (
    "frame blue: reached without contact; orange: contact, at the crosses; black: not reached; "
    "grey: obstacles where they stood at first; star: first touch of the target"
)
SAFE, UNSAFE, FAILED = COLOURS[0], COLOURS[1], COLOURS[6]
MARGIN = 30
"""Around everything drawn [mm]."""


def trails(rows: Sequence[tuple[str, Result]]) -> Figure | None:
    """A row a test, given with its title; a column a scene; None where no trail was kept."""
    kept = [(title, found.result["trails"]) for title, found in rows if found.result["trails"]]
    if not kept:
        return None
    columns = max(len(scenes) for _, scenes in kept)
    figure = new_figure(2.0 * columns + 0.6, 2.15 * len(kept) + 0.9)
    axes = figure.subplots(len(kept), columns, squeeze=False, sharex=True, sharey=True)
    limits = _limits([scene for _, scenes in kept for scene in scenes])
    for row, (title, scenes) in enumerate(kept):
        for column in range(columns):
            one = axes[row, column]
            one.set_aspect("equal")
            one.set(xlim=limits[1][::-1], ylim=limits[0])
            one.tick_params(labelsize=7)
            if column < len(scenes):
                _scene(one, scenes[column])
        axes[row, 0].set_ylabel(f"{title}\nx [mm]", fontsize=8)
    for one in axes[-1]:
        one.set_xlabel("y [mm]", fontsize=8)
    return figure


def _scene(axes: Any, scene: Mapping[str, Any]) -> None:
    points = np.array(scene["points"])
    contacts = [step for step in scene["contacts"] if step < len(points)]
    for x, y, half in scene["obstacles"]:
        axes.add_patch(Circle((y, x), half, facecolor="0.75", edgecolor="0.4"))
    x, y, half = scene["target"]
    axes.add_patch(Circle((y, x), half, facecolor=COLOURS[5], edgecolor=COLOURS[0]))
    axes.plot(points[:, 1], points[:, 0], color="0.15", linewidth=1.2)
    axes.plot(points[0, 1], points[0, 0], "o", color="0.15", markersize=4)
    if contacts:
        axes.plot(points[contacts, 1], points[contacts, 0], "x", color=UNSAFE, markersize=4)
    if scene["reached"]:
        step = scene["reached"][0]
        axes.plot(points[step, 1], points[step, 0], "*", color=SAFE, markersize=9)
    frame = UNSAFE if contacts else SAFE if scene["reached"] else FAILED
    for spine in axes.spines.values():
        spine.set(color=frame, linewidth=2.2)
    axes.set_title(f"seed {scene['seed']}", fontsize=7, pad=2)


def _limits(scenes: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Ranges of x and y [mm] that hold every trail, target and obstacle."""
    points = [p[:2] for s in scenes for p in (*s["points"], s["target"], *s["obstacles"])]
    low, high = np.min(points, 0) - MARGIN, np.max(points, 0) + MARGIN
    return (int(low[0]), int(high[0])), (int(low[1]), int(high[1]))
