"""Learning Q and V of one signal from imagined and real steps (eq. 7-11)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from fosp_agent.agents.model_based import Posterior
from fosp_agent.behavior.critics import CriticPair, Samples, q_loss, v_loss
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.returns import in_sample_target, lambda_return, within_episode
from fosp_agent.behavior_config import CriticConfig
from fosp_agent.tensors import TensorBatch


class Signal(NamedTuple):
    """Reward or cost, with the critics that learn it."""

    name: str
    pair: CriticPair
    labels: Tensor
    """(B, T) on the real sequences."""
    imagined: Tensor
    """(H, N) in imagination."""
    kappa: float
    """Expectile of V."""


def critic_samples(
    signal: Signal, posterior: Posterior, data: TensorBatch, rollout: Rollout, config: CriticConfig
) -> list[Samples]:
    """Imagined pairs with lambda-returns (eq. 8-9), real pairs with one-step targets (eq. 10).

    Without ``critic.in_sample`` the real pairs are left out.

    Args:
        signal: what is learned.
        posterior: states of the batch.
        data: the batch.
        rollout: imagined steps without a graph.
        config: discounts and switches.
    """
    pair = signal.pair
    with torch.no_grad():
        value = pair.v(rollout.features[1:])
        discount = config.gamma * rollout.proceed[1:]
        imagined = Samples(
            rollout.features[:-1],
            rollout.action,
            lambda_return(signal.imagined, value, discount, config.return_lambda),
            rollout.weight(config.gamma),
        )
        if not config.in_sample:
            return [imagined]
        following = pair.v(posterior.features)
        real = Samples(
            posterior.varied[:, :-1],
            data.action[:, :-1],
            in_sample_target(signal.labels, following, data, config),
            within_episode(data.is_first),
        )
    return [imagined, real]


def critic_loss(
    signal: Signal, samples: list[Samples], config: CriticConfig
) -> tuple[Tensor, dict[str, float]]:
    """Q's regression and V's expectile regression, summed over the kinds of samples: ()."""
    pair, slow = signal.pair, config.slow_target
    q = torch.stack([q_loss(pair, s, config.slow_regularizer) for s in samples]).sum()
    v = torch.stack([v_loss(pair, s, signal.kappa, slow) for s in samples]).sum()
    metrics = {
        f"critic/{signal.name}_q": float(q.detach()),
        f"critic/{signal.name}_v": float(v.detach()),
        f"value/{signal.name}": float(samples[-1].target.mean()),
    }
    return q + v, metrics
