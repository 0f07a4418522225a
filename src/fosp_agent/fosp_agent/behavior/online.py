"""The new policy while fine-tuning (eq. 23)."""

from __future__ import annotations

from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior_config import ActorConfig


def signed_weight(
    reward_advantage: Tensor, cost_advantage: Tensor, feasibility: Tensor, config: ActorConfig
) -> Tensor:
    """Eq. 23, w = u beta1 A_r - (1 - u) beta2 A_c: (...) -> (...)."""
    gain = feasibility * config.beta_reward * reward_advantage
    return gain - (1 - feasibility) * config.beta_cost * cost_advantage


def score_loss(
    actor: Actor,
    features: Tensor,
    action: Tensor,
    weight: Tensor,
    entropy: float,
    reached: Tensor | float = 1.0,
) -> Tensor:
    """Score function: -(w log pi(a | s) + eta entropy) on imagined actions.

    Args:
        actor: the new policy.
        features: (N, S), without a graph.
        action: (N, A), without a graph.
        weight: (N,) from ``signed_weight``, without a graph.
        entropy: eta.
        reached: (N,) probability that nothing ended before the state.
    """
    policy = actor(features)
    gain = weight * policy.log_prob(action) + entropy * policy.entropy()
    loss: Tensor = -(reached * gain).mean()
    return loss


def value_loss(
    weight: Tensor,
    actor: Actor,
    features: Tensor,
    entropy: float,
    reached: Tensor | float = 1.0,
) -> Tensor:
    """Follow the weight itself uphill: it must carry the graph from the action through Q.

    Args:
        weight: (N,) from ``signed_weight`` on reparametrised actions.
        actor: the new policy.
        features: (N, S), without a graph.
        entropy: eta.
        reached: (N,) probability that nothing ended before the state.
    """
    loss: Tensor = -(reached * (weight + entropy * actor(features).entropy())).mean()
    return loss
