"""Kinematic imagination moves the pose alone: whoever looks on knows the latents beforehand.

The latents are most of a state's features, and alike in all steps of all courses of a decision.
What they contribute to each network's first layer is therefore computed once a decision instead of
once a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fosp_agent.behavior.critics import CriticPair
from fosp_agent.behavior.planning import Judges
from fosp_agent.behavior.reachability import Reachability
from fosp_agent.world_model.cost_ensemble import EnsembleCost
from fosp_agent.world_model.heads import BernoulliCost, ContinueHead, RewardHead, TwoHotCost
from fosp_agent.world_model.rssm import RSSM, State


@dataclass(frozen=True)
class StillDream:
    """A world model in which only the pose moves."""

    rssm: RSSM
    reward: RewardHead
    cost: BernoulliCost | TwoHotCost | EnsembleCost
    proceed: ContinueHead


@dataclass(frozen=True)
class StillJudges:
    """What imagines and values courses there."""

    world_model: StillDream
    reward_critic: CriticPair
    cost_critic: CriticPair
    reachability: Reachability


def latents_of(state: State) -> Tensor:
    """What stands still, the first D features: (1, ...) -> (D,)."""
    return torch.cat([state.deter, state.stoch], -1)[0]


def without_latents(state: State) -> State:
    """The rest of the state, whose features are the last S - D."""
    return state._replace(deter=state.deter[:, :0], stoch=state.stoch[:, :0])


def given_latents(judges: Judges, known: Tensor) -> StillJudges:
    """The judges of states without the latents (D,), which they know."""
    model = judges.world_model
    dream = StillDream(
        model.rssm, model.reward.given(known), model.cost.given(known), model.proceed.given(known)
    )
    return StillJudges(
        dream,
        judges.reward_critic.given(known),
        judges.cost_critic.given(known),
        judges.reachability.given(known),
    )
