"""Four critics: reward and cost, each as Q(s, a) and V(s) (eq. 7-11)."""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn

from fosp_agent.config import AgentConfig
from fosp_agent.nn import distributed
from fosp_agent.nn.distributions import TwoHot
from fosp_agent.nn.layers import MLP, twin


class ValueNetwork(nn.Module):
    """A two-hot network: (..., I) -> value (...)."""

    def __init__(
        self, features: int, config: AgentConfig, *, actions: int = 0, blind: int = 0
    ) -> None:
        """A network over [features, action].

        Args:
            features: S.
            config: sizes.
            actions: A; 0 for V.
            blind: how many features at the end of S it does not see.
        """
        super().__init__()
        self.features, self.blind = features, blind
        model = config.world_model
        self.values = TwoHot(model.bins, model.bin_limit)
        self.mlp = MLP(
            features - blind + actions,
            model.bins,
            layers=model.layers,
            units=model.units,
            output_scale=0.0,
            dropout=config.critic.dropout,
        )

    def logits(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., bins)."""
        out: Tensor = self.mlp(self._seen(x))
        return out

    def trained_logits(self, x: Tensor) -> Tensor:
        """The same with dropout while training: (..., I) -> (..., bins)."""
        return self.mlp.regularized(self._seen(x))

    def given(self, known: Tensor) -> ValueNetwork:
        """The same where the first features (D,) are known: (..., I - D) -> value (...)."""
        other = twin(self)
        other.features, other.mlp = self.features - len(known), self.mlp.given(known)
        return other

    def _seen(self, x: Tensor) -> Tensor:
        if not self.blind:
            return x
        return torch.cat([x[..., : self.features - self.blind], x[..., self.features :]], -1)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (...), float32."""
        return self.values.decode(self.logits(x))


class CriticPair(nn.Module):
    """Q and V of one signal, and the slow copy of Q."""

    def __init__(self, features: int, config: AgentConfig, *, blind: int = 0) -> None:
        """Both networks.

        Args:
            features: S.
            config: sizes.
            blind: how many features at the end of S they do not see.
        """
        super().__init__()
        self.q = ValueNetwork(features, config, actions=config.robot.action_size, blind=blind)
        self.v = ValueNetwork(features, config, blind=blind)
        self.slow_q = copy.deepcopy(self.q).requires_grad_(False)

    def action_value(self, features: Tensor, action: Tensor) -> Tensor:
        """(..., S), (..., A) -> Q (...)."""
        value: Tensor = self.q(torch.cat([features, action], -1))
        return value

    def given(self, known: Tensor) -> CriticPair:
        """Q and V where the first features (D,) are known; the slow copy stays as it is."""
        other = twin(self)
        other.q, other.v = self.q.given(known), self.v.given(known)
        return other

    def slow_action_value(self, features: Tensor, action: Tensor) -> Tensor:
        """(..., S), (..., A) -> slow Q (...), without a graph."""
        with torch.no_grad():
            value: Tensor = self.slow_q(torch.cat([features, action], -1))
        return value

    @torch.no_grad()
    def update_slow(self, rate: float) -> None:
        """Move the slow copy by ``rate`` towards Q."""
        for slow, fast in zip(self.slow_q.parameters(), self.q.parameters(), strict=True):
            slow.lerp_(fast, rate)


class Samples(NamedTuple):
    """State-action pairs with what they should be worth; all without a graph."""

    features: Tensor
    """(..., S)"""
    action: Tensor
    """(..., A)"""
    target: Tensor
    """(...), regression target of Q."""
    weight: Tensor
    """(...), 0 where the pair does not count."""


def expectile_weight(difference: Tensor, kappa: float) -> Tensor:
    """|kappa - 1{difference < 0}| of eq. 7, where the difference is Q - V: (...) -> (...)."""
    return torch.where(difference > 0, kappa, 1 - kappa)


def weighted_mean(loss: Tensor, weight: Tensor) -> Tensor:
    """(...), (...) -> (); zero where every weight is zero.

    Where several processes train together, the weights are those of all of them.
    """
    return (loss * weight).sum() / distributed.mean(weight.sum()).clamp(min=1e-8)


def q_loss(pair: CriticPair, samples: Samples, slow_regularizer: float = 0.0) -> Tensor:
    """Two-hot regression of Q on its targets (eq. 9 or 10): ()."""
    inputs = torch.cat([samples.features, samples.action], -1)
    logits = pair.q.trained_logits(inputs)
    loss = pair.q.values.loss(logits, samples.target)
    if slow_regularizer:
        slow = pair.slow_action_value(samples.features, samples.action)
        loss = loss + slow_regularizer * pair.q.values.loss(logits, slow)
    return weighted_mean(loss, samples.weight)


def v_loss(pair: CriticPair, samples: Samples, kappa: float, slow_target: bool) -> Tensor:
    """Expectile regression of V on Q (eq. 7): ().

    The squared error of eq. 7 becomes the two-hot cross-entropy with the same weights; both have
    the kappa-expectile of Q as their minimum.
    """
    logits = pair.v.trained_logits(samples.features)
    with torch.no_grad():
        if slow_target:
            q = pair.slow_action_value(samples.features, samples.action)
        else:
            q = pair.action_value(samples.features, samples.action)
        weight = expectile_weight(q - pair.v.values.decode(logits), kappa)
    return weighted_mean(weight * pair.v.values.loss(logits, q), samples.weight)
