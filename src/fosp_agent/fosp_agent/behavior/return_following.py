"""Actors that follow an imagined return: through the dynamics, or by score function."""

from __future__ import annotations

from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior_config import CriticConfig


def follow_dynamics(
    actor: Actor, gain: Tensor, rollout: Rollout, entropy: float, config: CriticConfig
) -> Tensor:
    """Minus the weighted mean of R^lambda / S + eta H, with R's graph through the dynamics: ().

    Args:
        actor: the policy that imagined the roll-out.
        gain: (H, N) the imagined return in units of its range, with its graph.
        rollout: the imagined steps.
        entropy: eta.
        config: the discount.
    """
    spread = actor(rollout.features[:-1].detach()).entropy()
    loss: Tensor = -(rollout.weight(config.gamma) * (gain + entropy * spread)).mean()
    return loss


def follow_score(
    actor: Actor, advantage: Tensor, rollout: Rollout, entropy: float, config: CriticConfig
) -> Tensor:
    """Minus the weighted mean of (R^lambda - V) / S log pi(a | s) + eta H: ().

    Args:
        actor: the policy that imagined the roll-out.
        advantage: (H, N) in units of the return's range; its graph is not followed.
        rollout: the imagined steps.
        entropy: eta.
        config: the discount.
    """
    policy = actor(rollout.features[:-1].detach())
    score = advantage.detach() * policy.log_prob(rollout.action.detach())
    loss: Tensor = -(rollout.weight(config.gamma) * (score + entropy * policy.entropy())).mean()
    return loss
