"""How long the policy takes from an observation's arrival to the action's departure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


class LatencyLog:
    """Gathers one episode's ticks, sums them up, and appends the sum to a JSON-lines file."""

    def __init__(self, path: Path | None) -> None:
        """Write to ``path``, or nowhere."""
        self._path = path
        self._ticks: list[float] = []

    def add(self, seconds: float) -> None:
        """Note one tick [s]."""
        self._ticks.append(seconds)

    def finish(self, episode_id: str) -> str:
        """Close the episode: write its percentiles [ms] and return them in words, "" if none."""
        if not self._ticks:
            return ""
        ticks = np.asarray(self._ticks) * 1e3
        self._ticks.clear()
        p50, p99 = np.percentile(ticks, [50, 99])
        record = {
            "episode_id": episode_id,
            "ticks": len(ticks),
            "p50_ms": round(float(p50), 3),
            "p99_ms": round(float(p99), 3),
            "max_ms": round(float(ticks.max()), 3),
            "ticks_ms": [round(float(tick), 2) for tick in ticks],
        }
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        return f"{len(ticks)} ticks of {episode_id}: p50 {p50:.1f} ms, p99 {p99:.1f} ms"
