"""Groups of settings that have a name of their own, to be given in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLANNED: Mapping[str, Any] = {
    "expansion.candidates": 16,
    "planning.horizon": 20,
    "planning.choice": "return",
    "planning.cost_weight": 0.0,
    "planning.violation_weight": 5.0,
    "planning.violation_limit": 0.15,
    "planning.margin": 0.6,
    "planning.keep_to_poses": True,
    "planning.detour": (1.0, 1.0, 1.0),
    "planning.detour_back": (0.0, 1.0, 1.0),
    "planning.detour_steps": 8,
    "planning.detour_share": 0.25,
    "planning.commitment": 0.1,
}
"""Decision-time planning, as experiments in docs/results.md left it; for acting."""
AS_PRINTED: Mapping[str, Any] = {
    "world_model.goal_apart": 0.0,
    "training.moved_starts": 0.0,
    "reachability.debias": False,
    "actor.imagined_reward": 0.0,
    "actor.imagined_cost": 0.0,
    "actor.imagined_violation": 0.0,
    "training.recent_contact_fraction": None,
}
"""Nothing that goes beyond the paper, for training: policies follow eq. 20 and 23 alone,
imagination begins where the data stood, rewards and contacts are learned as they were recorded
and drawn, and trials are drawn from like the data."""
NAMED: Mapping[str, Mapping[str, Any]] = {"planned": PLANNED, "as_printed": AS_PRINTED}
