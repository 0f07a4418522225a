"""The offline policy (eq. 18-20)."""

from __future__ import annotations

import torch
from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior_config import ActorConfig


def advantage_weight(
    reward_advantage: Tensor, cost_advantage: Tensor, feasibility: Tensor, config: ActorConfig
) -> Tensor:
    """Eq. 19, w = u exp(beta1 A_r) + (1 - u) exp(-beta2 A_c), clipped: (...) -> (...).

    With uniform weighting (behaviour cloning) w = 1.
    """
    if config.weighting == "uniform":
        return torch.ones_like(feasibility)
    bound = torch.log(torch.tensor(config.weight_clip))
    gain = torch.exp((config.beta_reward * reward_advantage).clamp(max=bound))
    relief = torch.exp((-config.beta_cost * cost_advantage).clamp(max=bound))
    return (feasibility * gain + (1 - feasibility) * relief).clamp(max=config.weight_clip)


def cloning_loss(
    actor: Actor, features: Tensor, action: Tensor, weight: Tensor, entropy: float
) -> Tensor:
    """First part of eq. 20: -(w log pi(a | s) + eta entropy), over dataset actions.

    Args:
        actor: the policy that learns.
        features: (N, S) posterior states.
        action: (N, A) dataset actions.
        weight: (N,) from ``advantage_weight``.
        entropy: eta.

    Returns:
        (): mean over N.
    """
    policy = actor(features)
    loss: Tensor = -(weight * policy.log_prob(action) + entropy * policy.entropy()).mean()
    return loss
