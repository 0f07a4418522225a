"""Reward, cost and continuation from the model state."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.nn.distributions import TwoHot
from fosp_agent.nn.layers import MLP, twin
from fosp_agent.world_model_config import WorldModelConfig


class RewardHead(nn.Module):
    """Two-hot over symexp bins: (..., S) -> reward. It does not see the last ``blind`` features."""

    def __init__(self, features: int, config: WorldModelConfig, blind: int = 0) -> None:
        super().__init__()
        self.seen = features - blind
        self.values = TwoHot(config.bins, config.bin_limit)
        self.mlp = MLP(
            features - blind,
            config.bins,
            layers=config.layers,
            units=config.units,
            output_scale=0.0,
            dropout=config.head_dropout,
        )

    def forward(self, features: Tensor) -> Tensor:
        """(..., S) -> expected reward (...), float32."""
        return self.values.decode(self.mlp(features[..., : self.seen]))

    def given(self, known: Tensor) -> RewardHead:
        """The same where the first features (D,) are known: (..., S - D) -> (...)."""
        other = twin(self)
        other.seen, other.mlp = self.seen - len(known), self.mlp.given(known)
        return other

    def loss(self, features: Tensor, reward: Tensor) -> Tensor:
        """(..., S), (...) -> (...)."""
        return self.values.loss(self.mlp.regularized(features[..., : self.seen]), reward)


class ContinueHead(nn.Module):
    """Bernoulli: (..., S) -> probability that the episode does not terminate here."""

    def __init__(self, features: int, config: WorldModelConfig) -> None:
        super().__init__()
        self.mlp = MLP(features, 1, layers=config.layers, units=config.units)

    def forward(self, features: Tensor) -> Tensor:
        """(..., S) -> (...), float32."""
        return torch.sigmoid(self.mlp(features).float().squeeze(-1))

    def given(self, known: Tensor) -> ContinueHead:
        """The same where the first features (D,) are known: (..., S - D) -> (...)."""
        other = twin(self)
        other.mlp = self.mlp.given(known)
        return other

    def loss(self, features: Tensor, terminal: Tensor) -> Tensor:
        """(..., S), (...) bool -> (...)."""
        logits = self.mlp(features).float().squeeze(-1)
        return F.binary_cross_entropy_with_logits(logits, (~terminal).float(), reduction="none")


AnyCostHead = TypeVar("AnyCostHead", bound="CostHead")


class CostHead(nn.Module):
    """What both kinds of cost heads have in common: they do not see the first ``skip`` features."""

    skip: int
    mlp: MLP

    def given(self: AnyCostHead, known: Tensor) -> AnyCostHead:
        """The same where the first features (D,) are known: (..., S - D) instead of (..., S)."""
        other = twin(self)
        other.skip = max(self.skip - len(known), 0)
        if len(known) > self.skip:
            other.mlp = self.mlp.given(known[self.skip :])
        return other


class BernoulliCost(CostHead):
    """Labels are 0 or 1.

    The loss is weighted where cost >= 1, which shifts the logit by log(weight): pessimistic.
    With ``cost_debias`` the outputs take that shift back and are calibrated probabilities.
    """

    def __init__(self, features: int, config: WorldModelConfig, skip: int = 0) -> None:
        super().__init__()
        self.skip = skip
        self.weight = config.cost_weight
        self.shift = math.log(config.cost_weight) if config.cost_debias else 0.0
        self.mlp = MLP(
            features - skip,
            1,
            layers=config.layers,
            units=config.units,
            dropout=config.head_dropout,
        )

    def predict(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> expected cost and probability of any cost, here the same."""
        probability = self.probability(features)
        return probability, probability

    def expected(self, features: Tensor) -> Tensor:
        """(..., S) -> expected cost (...), here the probability itself."""
        return self.probability(features)

    def probability(self, features: Tensor) -> Tensor:
        """(..., S) -> (...), in [0, 1]."""
        return torch.sigmoid(self.mlp(features[..., self.skip :]).float().squeeze(-1) - self.shift)

    def loss(self, features: Tensor, cost: Tensor) -> Tensor:
        """(..., S), (...) -> (...)."""
        logits = self.mlp.regularized(features[..., self.skip :]).float().squeeze(-1)
        error = F.binary_cross_entropy_with_logits(logits, cost.clamp(0, 1), reduction="none")
        return error * torch.where(cost >= 1, self.weight, 1.0)


class TwoHotCost(CostHead):
    """Labels are sums over action repeats."""

    def __init__(self, features: int, config: WorldModelConfig, skip: int = 0) -> None:
        super().__init__()
        self.skip = skip
        self.weight = config.cost_weight
        self.values = TwoHot(config.bins, config.bin_limit)
        self.mlp = MLP(
            features - skip,
            config.bins,
            layers=config.layers,
            units=config.units,
            output_scale=0.0,
            dropout=config.head_dropout,
        )

    def predict(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(..., S) -> expected cost and probability of any cost, (...) each."""
        return self.expected(features), self.probability(features)

    def expected(self, features: Tensor) -> Tensor:
        """(..., S) -> (...), float32."""
        return self.values.decode(self.mlp(features[..., self.skip :]))

    def probability(self, features: Tensor) -> Tensor:
        """(..., S) -> mass of the bins above one half: the mean is never thresholded."""
        mass = torch.softmax(self.mlp(features[..., self.skip :]).float(), -1)
        return mass[..., self.values.bins > 0.5].sum(-1)

    def loss(self, features: Tensor, cost: Tensor) -> Tensor:
        """(..., S), (...) -> (...)."""
        error = self.values.loss(self.mlp.regularized(features[..., self.skip :]), cost)
        return error * torch.where(cost >= 1, self.weight, 1.0)


COST_HEADS: dict[str, type[BernoulliCost] | type[TwoHotCost]] = {
    "bernoulli": BernoulliCost,
    "twohot": TwoHotCost,
}
"""By ``world_model.cost_head``; the methods are the same."""
