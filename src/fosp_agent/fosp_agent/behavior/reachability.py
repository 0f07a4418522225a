"""Reachability: how likely a violation lies ahead (eq. 5, 30)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fosp_agent.config import AgentConfig
from fosp_agent.nn.layers import MLP, twin


class Reachability(nn.Module):
    """p(s) in [0, 1]: the probability of a violation from s on; feasibility u = 1 - p."""

    def __init__(self, features: int, config: AgentConfig) -> None:
        super().__init__()
        model = config.world_model
        self.enabled = config.reachability.enabled
        self.mlp = MLP(features, 1, layers=model.layers, units=model.units)

    def logits(self, features: Tensor) -> Tensor:
        """(..., S) -> (...), float32."""
        out: Tensor = self.mlp(features).float().squeeze(-1)
        return out

    def forward(self, features: Tensor) -> Tensor:
        """(..., S) -> p (...)."""
        return torch.sigmoid(self.logits(features))

    def given(self, known: Tensor) -> Reachability:
        """The same where the first features (D,) are known."""
        other = twin(self)
        other.mlp = self.mlp.given(known)
        return other

    def feasibility(self, features: Tensor) -> Tensor:
        """(..., S) -> u = 1 - p (...), without a graph; 1 everywhere when switched off."""
        with torch.no_grad():
            p = self(features)
        return 1 - p if self.enabled else torch.ones_like(p)


def reachability_target(violation: Tensor, last: Tensor, proceed: Tensor, gamma: float) -> Tensor:
    """p_t = max(violation_t, gamma_u * p_{t+1}), from the end backwards (eq. 30).

    Args:
        violation: (T, N) in [0, 1]: 1{cost_t > 0} from labels, or the cost head's probability.
        last: (N,) p of the last state, the bootstrap.
        proceed: (T - 1, N) 1 where state t + 1 follows state t, else 0.
        gamma: discount of reachability.

    Returns:
        (T, N) in [0, 1].
    """
    following = torch.maximum(violation[-1], last)
    targets = [following]
    for t in reversed(range(len(violation) - 1)):
        following = torch.maximum(violation[t], gamma * proceed[t] * following)
        targets.append(following)
    return torch.stack(targets[::-1])


def discounted_violation(cost: Tensor, gamma: float) -> Tensor:
    """max_k gamma^(k-t) 1{cost_k > 0} over the rest of each row: (B, T) -> (B, T) in [0, 1]."""
    label = (cost > 0).float().transpose(0, 1)
    target = reachability_target(label, label[-1], torch.ones_like(label[1:]), gamma)
    return target.transpose(0, 1)


def reachability_loss(
    network: Reachability, features: Tensor, target: Tensor, weight: Tensor | None = None
) -> Tensor:
    """Binary cross-entropy with soft targets, weighted: (..., S), (...), (...) -> ()."""
    return F.binary_cross_entropy_with_logits(network.logits(features), target, weight)
