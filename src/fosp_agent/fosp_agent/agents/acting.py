"""What acting needs from any agent's networks, so that the policy runner knows no agent by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.config import AgentConfig
from fosp_agent.world_model.world_model import WorldModel

EPISODE_STEPS = 80
"""Horizon of the value bounds of eq. 22."""


class Proposals(NamedTuple):
    """K candidate actions for one state."""

    features: Tensor
    """(1, S)"""
    policies: tuple[str, ...]
    """K names; which policy each candidate came from."""
    actions: Tensor
    """(K, A)"""


@dataclass(frozen=True)
class Judgement:
    """Which of K candidate actions acts in one state, and why."""

    index: int
    q_reward: Tensor
    """(K,)"""
    q_cost: Tensor
    """(K,)"""
    probability: Tensor
    """(K,), of each candidate to be the one that acts."""
    feasibility: float
    """u of the state, in [0, 1]."""


class ActingNetworks(Protocol):
    """The networks of an agent, at work."""

    config: AgentConfig
    world_model: WorldModel

    def policies(self) -> Mapping[str, Actor]:
        """The policies that propose actions, by name, in the order of their candidates."""
        ...

    def judge(
        self, proposals: Proposals, *, greedy: bool, generator: torch.Generator | None = None
    ) -> Judgement:
        """Score the candidates and choose the one that acts.

        Args:
            proposals: at least one candidate.
            greedy: take the most probable instead of drawing.
            generator: source of randomness.
        """
        ...
