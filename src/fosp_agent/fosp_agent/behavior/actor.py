"""The policy network."""

from __future__ import annotations

from torch import Tensor, nn

from fosp_agent.config import AgentConfig
from fosp_agent.nn.distributions import BoundedNormal
from fosp_agent.nn.layers import MLP, twin


class Actor(nn.Module):
    """Model state in, distribution over actions out: (..., S) -> (..., A)."""

    def __init__(self, features: int, config: AgentConfig) -> None:
        super().__init__()
        model = config.world_model
        self.min_std, self.max_std = config.actor.min_std, config.actor.max_std
        self.mlp = MLP(
            features,
            2 * config.robot.action_size,
            layers=model.layers,
            units=model.units,
            output_scale=0.1,
        )

    def forward(self, features: Tensor) -> BoundedNormal:
        """(..., S) -> distribution over (..., A)."""
        return BoundedNormal.from_output(self.mlp(features), self.min_std, self.max_std)

    def given(self, known: Tensor) -> Actor:
        """The same where the first features (D,) are known: (..., S - D) -> distribution."""
        other = twin(self)
        other.mlp = self.mlp.given(known)
        return other
