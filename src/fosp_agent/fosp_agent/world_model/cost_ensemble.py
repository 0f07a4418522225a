"""Several cost heads that disagree where the data say nothing; disagreement counts as cost."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fosp_agent.nn.layers import twin
from fosp_agent.settings import ConfigError
from fosp_agent.world_model.heads import COST_HEADS, BernoulliCost, TwoHotCost
from fosp_agent.world_model_config import WorldModelConfig

SHARE = 0.8
"""Share of the episodes that each member learns from."""


class EnsembleCost(nn.Module):
    """N heads with own initial weights, each blind to its own fifth of the episodes.

    A prediction is mean + k * standard deviation over the members.
    """

    def __init__(self, features: int, config: WorldModelConfig, skip: int = 0) -> None:
        super().__init__()
        self.pessimism = config.cost_pessimism
        kind = COST_HEADS[config.cost_head]
        self.heads = nn.ModuleList(
            kind(features, config, skip) for _ in range(config.cost_ensemble)
        )

    def members(self) -> list[BernoulliCost | TwoHotCost]:
        """The N heads."""
        return list(self.heads)  # type: ignore[arg-type]  # ModuleList forgets their type

    def given(self, known: Tensor) -> EnsembleCost:
        """The same where the first features (D,) are known."""
        other = twin(self)
        other.heads = nn.ModuleList(head.given(known) for head in self.members())
        return other

    def predict(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> expected cost and probability of any cost, (...) each."""
        pairs = [head.predict(features) for head in self.members()]
        expected, probability = (torch.stack(values) for values in zip(*pairs, strict=True))
        return self._pessimistic(expected), self._pessimistic(probability).clamp(max=1.0)

    def expected(self, features: Tensor) -> Tensor:
        """(..., S) -> expected cost (...), float32."""
        return self.predict(features)[0]

    def probability(self, features: Tensor) -> Tensor:
        """(..., S) -> probability of any cost (...), in [0, 1]."""
        return self.predict(features)[1]

    def disagreement(self, features: Tensor) -> Tensor:
        """(..., S) -> standard deviation of the members' probabilities (...)."""
        members = [head.probability(features) for head in self.members()]
        return torch.stack(members).std(0, correction=0)

    def loss(self, features: Tensor, cost: Tensor, episode: Tensor | None = None) -> Tensor:
        """Mean over the members of their loss on the episodes that they learn from.

        Args:
            features: (B, T, S).
            cost: (B, T).
            episode: (B,) number of each row's episode; None: every member learns from all.

        Returns:
            (B, T), of the same scale as a single head's.
        """
        losses = torch.stack([head.loss(features, cost) for head in self.members()])  # (N, B, T)
        if episode is not None and self.training:
            mask = bootstrap_mask(episode, len(self.heads))  # (N, B)
            losses = losses * mask.unsqueeze(-1) / SHARE
        return losses.mean(0)

    def _pessimistic(self, values: Tensor) -> Tensor:
        """Members' values (N, ...) -> (...)."""
        mean = values.mean(0)
        if not self.pessimism:
            return mean
        return mean + self.pessimism * values.std(0, correction=0)


def bootstrap_mask(episode: Tensor, members: int) -> Tensor:
    """1 where a member learns from an episode, for good: (B,) int64 -> (members, B).

    A hash of episode and member, so that it needs no memory and survives a restart.
    """
    word = 0xFFFFFFFF
    member = torch.arange(1, members + 1, device=episode.device).unsqueeze(1)
    x = ((episode + 1) * 0x9E3779B1 + member * 0x85EBCA77) & word
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
        x = ((x ^ (x >> shift)) * factor) & word
    return ((x ^ (x >> 15)) < SHARE * word).float()


def cost_head(
    features: int, config: WorldModelConfig, skip: int = 0
) -> BernoulliCost | TwoHotCost | EnsembleCost:
    """The cost head that the config asks for; it does not see the first ``skip`` features.

    Raises:
        ConfigError: an ensemble of less than one.
    """
    if config.cost_ensemble < 1:
        raise ConfigError(
            f"world_model.cost_ensemble is {config.cost_ensemble}; give 1 (one head) or more"
        )
    if config.cost_ensemble > 1:
        return EnsembleCost(features, config, skip)
    return COST_HEADS[config.cost_head](features, config, skip)
