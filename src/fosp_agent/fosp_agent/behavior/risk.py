"""Q_risk of Recovery RL: how likely an action leads to a violation (Thananjeyan et al., 2021)."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from fosp_agent.behavior.critics import weighted_mean
from fosp_agent.config import AgentConfig
from fosp_agent.nn.layers import MLP


class RiskCritic(nn.Module):
    """Q_risk(s, a) in [0, 1], and its slow copy."""

    def __init__(self, features: int, config: AgentConfig) -> None:
        super().__init__()
        model = config.world_model
        inputs = features + config.robot.action_size
        self.mlp = MLP(inputs, 1, layers=model.layers, units=model.units)
        self.slow = copy.deepcopy(self.mlp).requires_grad_(False)

    def forward(self, features: Tensor, action: Tensor) -> Tensor:
        """(..., S), (..., A) -> (...), float32."""
        return _probability(self.mlp(torch.cat([features, action], -1)))

    @torch.no_grad()
    def slow_risk(self, features: Tensor, action: Tensor) -> Tensor:
        """The slow copy's (..., S), (..., A) -> (...), without a graph."""
        return _probability(self.slow(torch.cat([features, action], -1)))

    @torch.no_grad()
    def update_slow(self, rate: float) -> None:
        """Move the slow copy by ``rate`` towards Q_risk."""
        for slow, fast in zip(self.slow.parameters(), self.mlp.parameters(), strict=True):
            slow.lerp_(fast, rate)


def _probability(output: Tensor) -> Tensor:
    return torch.sigmoid(output.float().squeeze(-1))


def risk_target(violation: Tensor, following: Tensor, proceed: Tensor, gamma: float) -> Tensor:
    """C + (1 - c) gamma Q_risk(s', a'): (...) each -> (...).

    Args:
        violation: 1{cost > 0} of the next state, or the cost head's probability of it.
        following: Q_risk of the next state and the action that is taken in it.
        proceed: 0 where the next state is terminal.
        gamma: discount of risk.
    """
    return violation + (1 - violation) * gamma * proceed * following


def risk_loss(
    critic: RiskCritic, features: Tensor, action: Tensor, target: Tensor, weight: Tensor
) -> Tensor:
    """Squared error, weighted: (..., S), (..., A), (...), (...) -> ()."""
    return weighted_mean((critic(features, action) - target).square(), weight)
