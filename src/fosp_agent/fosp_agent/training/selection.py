"""Which of a run's checkpoints to keep as the best, and when to stop early.

A criterion turns one measurement on held-out episodes into a score; the higher, the better.

- ``cost`` (default): mean of AUC - ECE over the cost head filtered and 15 steps ahead without a
  look, and reachability. Everything that is to keep the arm safe drinks from these three; the
  training loss does not show when they begin to memorise.
- ``cloning``: the policy's mean log-likelihood of the held-out actions; falls when the policy
  overfits the demonstrations.

Where the held-out episodes have no violation (or nothing else), ``cost`` has nothing to go by and
falls back to ``cloning``, for the whole run, since the episodes do not change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Scores = Mapping[str, float]
"""Metrics by TensorBoard tag; what could not be measured is absent."""

SAFETY_SIGNALS = ("cost", "cost_open_15", "reachability")


def cloning_score(metrics: Scores) -> float:
    """Mean log-likelihood of the held-out actions."""
    return -metrics["held_out/cloning"]


def cost_score(metrics: Scores) -> float:
    """Mean of AUC - ECE over the signals that safety rests on, of those that were measured."""
    found = [
        metrics[f"held_out/{name}_auc"] - metrics[f"held_out/{name}_calibration_error"]
        for name in SAFETY_SIGNALS
        if f"held_out/{name}_auc" in metrics
    ]
    return float(np.mean(found)) if found else cloning_score(metrics)


CRITERIA: dict[str, Callable[[Scores], float]] = {"cost": cost_score, "cloning": cloning_score}


class Selection:
    """The best measurement so far, and how many have passed since."""

    def __init__(self, criterion: str, patience: int) -> None:
        """Begin without a measurement.

        Args:
            criterion: a name of CRITERIA.
            patience: measurements without a better one after which to stop; 0: never.
        """
        self._criterion = CRITERIA[criterion]
        self._patience = patience
        self.score: float | None = None
        self.step = 0
        """Gradient steps at the best measurement."""
        self._since = 0

    @property
    def exhausted(self) -> bool:
        """Whether it is time to stop early."""
        return 0 < self._patience <= self._since

    def consider(self, step: int, metrics: Scores) -> bool:
        """Take in a measurement; true if it is the best so far."""
        score = self._criterion(metrics)
        if self.score is None or score > self.score:
            self.score, self.step, self._since = score, step, 0
            return True
        self._since += 1
        return False

    def state_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"score": self.score, "step": self.step, "since": self._since}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where ``state_dict`` was taken."""
        self.score, self.step = state["score"], int(state["step"])
        self._since = int(state["since"])
