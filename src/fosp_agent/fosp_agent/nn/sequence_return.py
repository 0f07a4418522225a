"""Lambda-returns along recorded sequences."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sequence_return(
    signal: Tensor, value: Tensor, terminal: Tensor, first: Tensor, gamma: float, lam: float
) -> Tensor:
    """G_t = r_{t+1} + gamma * ((1 - lam) * V_{t+1} + lam * G_{t+1}), along the recorded actions.

    A terminal state is worth nothing more; where a new episode begins within a row, and at its end,
    the return falls back on V.

    Args:
        signal: (B, T) labels; what arrives with step t.
        value: (B, T), V(s_t).
        terminal: (B, T) bool.
        first: (B, T) bool.
        gamma: discount.
        lam: mixing factor.

    Returns:
        (B, T - 1).
    """
    discount = gamma * (~terminal[:, 1:]).float()
    follows = F.pad((~first[:, 2:]).float(), (0, 1), value=1.0)
    mixing = lam * follows
    following = value[:, -1]
    steps = []
    for t in reversed(range(signal.shape[1] - 1)):
        mixed = (1 - mixing[:, t]) * value[:, t + 1] + mixing[:, t] * following
        following = signal[:, t + 1] + discount[:, t] * mixed
        steps.append(following)
    return torch.stack(steps[::-1], 1)
