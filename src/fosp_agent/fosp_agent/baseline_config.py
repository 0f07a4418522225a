"""Numbers of the agents that FOSP is compared with; see ``docs/baselines.md``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class DreamerV3Config:
    """DreamerV3, which knows no cost, and its guard against the unknown while offline."""

    gradient: Literal["score", "dynamics"] = "score"
    """How the actor follows the imagined return: score function, or through the dynamics."""
    ensemble_size: int = 5
    """Members that each predict the next latents from the deterministic state."""
    ensemble_penalty: float = 0.1
    """alpha: how much of their disagreement is taken off the imagined reward; 0: none."""
    ensemble_online: bool = False
    """Keep the penalty while fine-tuning."""
    learning_rate: float = 3e-4
    """Of the ensemble."""


@dataclass(frozen=True)
class RecoveryRLConfig:
    """Recovery RL, model-based: a task policy, and a recovery policy for risky moments."""

    threshold: float = 0.3
    """eps_risk: the recovery policy acts where Q_risk of the task policy's action is above it."""
    gamma: float = 0.95
    """Discount of Q_risk: how far ahead a violation is felt."""
