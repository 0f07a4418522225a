"""What the history shows of an episode without opening its file again."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fosp_agent.console.timeline import timeline_of
from fosp_agent.episodes.labels import Label
from fosp_agent.episodes.reader import Recording

TRAIL_POINTS = 28
"""Positions kept of an episode's way."""


@dataclass(frozen=True)
class Digest:
    """One recorded episode in a line. Its label is not in here: that may change."""

    id: str
    recorded_ms: int = 0
    """When it was recorded [ms since 1970]."""
    observations: int = 0
    task: str = ""
    seed: str = ""
    source: str = ""
    learn: bool = True
    version: int = 0
    """Of the weights that acted."""
    acted: dict[str, int] = field(default_factory=dict)
    """Steps by who acted: "offline", "new", "teleop" ..."""
    vetoes: int = 0
    clipped: int = 0
    """Accepted requests that the gate brought back within the limits."""
    feasibility: float | None = None
    """Mean u over the episode."""
    trail: list[int] = field(default_factory=list)
    """x, y, z of the end effector [mm], one after another; empty for robots without a pose."""
    damage: str = ""
    """Why the file cannot be used."""

    def to_json(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


def digest_of(recording: Recording) -> Digest:
    """Sum up a recording that is complete."""
    rows = timeline_of(recording).ordered()
    metadata = recording.metadata
    versions = [row["version"] for row in rows if "version" in row]
    feasible = [row["u"] for row in rows if row.get("u") is not None]
    recorded = metadata.get("recorded_at", "")
    return Digest(
        id=recording.episode_id,
        recorded_ms=int(recorded) // 1_000_000 if recorded.isdigit() else 0,
        observations=len(recording.steps()),
        task=metadata.get("task", ""),
        seed=metadata.get("seed", ""),
        source=metadata.get("source", ""),
        learn=metadata.get("learn", "true").lower() not in ("false", "0", "no"),
        version=max(versions, default=0),
        acted=dict(Counter(row["policy"] for row in rows if "policy" in row)),
        vetoes=sum(row.get("accepted") is False for row in rows),
        clipped=sum(bool(row.get("accepted") and row.get("detail")) for row in rows),
        feasibility=round(float(np.mean(feasible)), 4) if feasible else None,
        trail=_trail(recording),
        damage=recording.damage,
    )


def label_summary(label: Label | None) -> dict[str, Any]:
    """What the history shows of a label."""
    if label is None:
        return {"revision": 0}
    return {
        "revision": label.revision,
        "discard": label.discard,
        "return": round(float(label.reward.sum()), 3),
        "cost": round(float(label.cost.sum()), 3),
        "success": bool((label.reward > 0).any()),
        "violation": bool((label.cost > 0).any()),
        "labeller": label.labeller,
        "note": label.note,
    }


def label_spans(label: Label) -> list[dict[str, Any]]:
    """A label as the spans that give it, for correcting it."""
    spans = []
    for kind, values in (("reward", label.reward), ("cost", label.cost)):
        marked = np.concatenate([[False], values > 0, [False]])
        edges = np.flatnonzero(marked[1:] != marked[:-1])
        spans += [
            {"kind": kind, "first": int(first), "last": int(end) - 1}
            for first, end in zip(edges[::2], edges[1::2], strict=True)
        ]
    return spans


def _trail(recording: Recording) -> list[int]:
    poses = [record.pose[:3] for record in recording.steps() if len(record.pose) >= 3]
    if not poses:
        return []
    index = np.unique(np.linspace(0, len(poses) - 1, TRAIL_POINTS).round().astype(int))
    return [int(v) for v in (np.array(poses)[index] * 1000).round().astype(int).ravel()]
