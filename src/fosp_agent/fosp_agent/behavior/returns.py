"""Targets: lambda-returns over imagined steps and one-step targets on real ones."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior_config import CriticConfig
from fosp_agent.nn.sequence_return import sequence_return
from fosp_agent.tensors import TensorBatch


def lambda_return(reward: Tensor, value: Tensor, discount: Tensor, lam: float) -> Tensor:
    """TD(lambda) of eq. 8.

    Args:
        reward: (H, N), ``reward[h]`` arrives with imagined state h + 1.
        value: (H, N), V of imagined state h + 1.
        discount: (H, N), gamma times the continuation of state h + 1.
        lam: mixing factor.

    Returns:
        (H, N): the return from state h on, a regression target of Q(s_h, a_h).
    """
    following = value[-1]
    steps = []
    for h in reversed(range(len(reward))):
        following = reward[h] + discount[h] * ((1 - lam) * value[h] + lam * following)
        steps.append(following)
    return torch.stack(steps[::-1])


def imagined_return(
    signal: Tensor, value: Callable[[Tensor], Tensor], rollout: Rollout, config: CriticConfig
) -> Tensor:
    """Lambda-return of an imagined signal, with the graph of the dynamics.

    Args:
        signal: (H, N), such as ``rollout.reward``.
        value: V of the signal, (..., S) -> (...).
        rollout: imagined steps.
        config: discount and mixing factor.

    Returns:
        (H, N): the return from state h on.
    """
    discount = config.gamma * rollout.proceed[1:]
    return lambda_return(signal, value(rollout.features[1:]), discount, config.return_lambda)


def imagined_violation(rollout: Rollout) -> Tensor:
    """Expected number of violating steps within the horizon, with the graph of the dynamics.

    Nothing is bootstrapped, so standing still where it is safe costs nothing, and no step does
    that leads past. A root that violates itself counts 0: no action undoes it.

    Args:
        rollout: imagined steps.

    Returns:
        (N,).
    """
    reached = torch.cumprod(rollout.proceed[:-1], 0).detach()
    free = rollout.violation[0].detach() < 0.5
    return (reached * rollout.violation[1:]).sum(0) * free


def one_step_target(reward: Tensor, value: Tensor, terminal: Tensor, gamma: float) -> Tensor:
    """In-sample target of eq. 10 for Q(s_t, a_t), t = 0 .. T - 2.

    Row b, step t uses ``reward[b, t + 1]`` and ``value[b, t + 1]`` of the same row: nothing is
    shifted across rows. A truncated episode keeps its bootstrap; only a terminal state loses it.

    Args:
        reward: (B, T).
        value: (B, T), V(s_t).
        terminal: (B, T) bool.
        gamma: discount.

    Returns:
        (B, T - 1).
    """
    return reward[:, 1:] + gamma * (~terminal[:, 1:]).float() * value[:, 1:]


def in_sample_target(
    signal: Tensor, value: Tensor, batch: TensorBatch, config: CriticConfig
) -> Tensor:
    """Targets of Q on the real sequence: eq. 10, or lambda-returns along it.

    The lambda-return (``critic.in_sample_lambda``) follows the recorded actions; at an episode's
    beginning within a row it falls back on V.

    Args:
        signal: (B, T) labels.
        value: (B, T), V(s_t).
        batch: its boundaries.
        config: discount and mixing factor.

    Returns:
        (B, T - 1).
    """
    if not config.in_sample_lambda:
        return one_step_target(signal, value, batch.is_terminal, config.gamma)
    return sequence_return(
        signal, value, batch.is_terminal, batch.is_first, config.gamma, config.in_sample_lambda
    )


def within_episode(is_first: Tensor) -> Tensor:
    """(B, T) bool -> (B, T - 1): 1 where t and t + 1 belong to the same episode."""
    return (~is_first[:, 1:]).float()
