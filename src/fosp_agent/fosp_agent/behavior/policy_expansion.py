"""Policy expansion: one candidate from each policy, chosen by its value (eq. 21-22)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fosp_agent.config import AgentConfig


@dataclass(frozen=True)
class Choice:
    """Which of K candidates acts, for one state."""

    index: int
    probability: Tensor
    """(K,)"""


def value_scales(
    config: AgentConfig, reward_range: Tensor, cost_range: Tensor, steps: int
) -> tuple[Tensor, Tensor]:
    """Q-hat and C-hat of eq. 22: running ranges, or the bounds sum gamma^t for r = c = 1."""
    if config.expansion.scale == "range":
        return reward_range, cost_range
    gamma = config.critic.gamma
    bound = torch.tensor((1 - gamma ** (steps + 1)) / (1 - gamma))
    return bound, bound


def choose(
    q_reward: Tensor,
    q_cost: Tensor,
    scales: tuple[Tensor, Tensor],
    inverse_temperature: float,
    *,
    greedy: bool,
    generator: torch.Generator | None = None,
) -> Choice:
    """Softmax over Q~ = Q_r / Q^ - Q_c / C^ (eq. 21-22).

    Args:
        q_reward: (K,).
        q_cost: (K,).
        scales: Q-hat and C-hat.
        inverse_temperature: multiplies Q~.
        greedy: take the most probable instead of drawing.
        generator: source of randomness.
    """
    score = q_reward / scales[0] - q_cost / scales[1]
    return choose_by(score, inverse_temperature, greedy=greedy, generator=generator)


def choose_by(
    score: Tensor,
    inverse_temperature: float,
    *,
    greedy: bool,
    generator: torch.Generator | None = None,
) -> Choice:
    """Softmax over any score (K,); a score of minus infinity is never chosen.

    Args:
        score: (K,), at least one finite.
        inverse_temperature: multiplies it.
        greedy: take the most probable instead of drawing.
        generator: source of randomness.
    """
    logits = inverse_temperature * score.float()
    # What is ruled out stays so at an inverse temperature of 0, where 0 * -inf is not a number.
    logits = torch.where(score == -torch.inf, -torch.inf, logits)
    probability = torch.softmax(logits, -1)
    if greedy:
        return Choice(int(probability.argmax()), probability)
    drawn = torch.multinomial(probability, 1, generator=generator)
    return Choice(int(drawn), probability)
