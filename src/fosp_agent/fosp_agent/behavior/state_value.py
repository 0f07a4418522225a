"""A value of states alone, as DreamerV3 and SafeDreamer learn it from imagined returns."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from fosp_agent.behavior.critics import ValueNetwork, weighted_mean
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior_config import CriticConfig
from fosp_agent.config import AgentConfig


class StateValue(nn.Module):
    """V(s) of one signal, and its slow copy."""

    def __init__(self, features: int, config: AgentConfig) -> None:
        super().__init__()
        self.v = ValueNetwork(features, config)
        self.slow_v = copy.deepcopy(self.v).requires_grad_(False)

    def forward(self, features: Tensor) -> Tensor:
        """(..., S) -> V (...), float32."""
        value: Tensor = self.v(features)
        return value

    @torch.no_grad()
    def update_slow(self, rate: float) -> None:
        """Move the slow copy by ``rate`` towards V."""
        for slow, fast in zip(self.slow_v.parameters(), self.v.parameters(), strict=True):
            slow.lerp_(fast, rate)


def value_regression(
    value: StateValue, signal: Tensor, rollout: Rollout, config: CriticConfig
) -> tuple[Tensor, Tensor]:
    """Two-hot regression of V on the lambda-return of an imagined signal.

    With ``critic.slow_regularizer`` V is also pulled towards its slow copy.

    Args:
        value: V of the signal.
        signal: (H, N), without a graph.
        rollout: imagined steps, without a graph.
        config: discounts and switches.

    Returns:
        The loss (), and its targets (H, N).
    """
    features = rollout.features[:-1]
    with torch.no_grad():
        target = imagined_return(signal, value, rollout, config)
        slow = value.slow_v(features)
    logits = value.v.logits(features)
    loss = value.v.values.loss(logits, target)
    loss = loss + config.slow_regularizer * value.v.values.loss(logits, slow)
    return weighted_mean(loss, rollout.weight(config.gamma)), target
