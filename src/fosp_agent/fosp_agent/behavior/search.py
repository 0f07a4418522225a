"""Cross-entropy search over action sequences in imagination, begun from what policies propose."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.planning import Courses
from fosp_agent.settings import ConfigError

NAME = "search"
"""Whose first action it is."""
LEAST_SPREAD = 0.1
"""Smallest standard deviation that the last round's sequences are drawn with."""
DROPPED = -1e6
"""Added to the rank of a course that is predicted to violate."""


def search(
    begin: Courses,
    follow: Callable[[Tensor], Courses],
    score: Callable[[Courses], Tensor],
    config: PlanningConfig,
    generator: torch.Generator | None = None,
) -> Courses:
    """The elites after some rounds; those of ``begin`` are in the race.

    Args:
        begin: what policies propose.
        follow: imagines written sequences (H, N, A).
        score: the larger the better (N,).
        config: rounds, samples, elites, and the limit on predicted violation.
        generator: source of the sequences' randomness.
    """
    elites = best(begin, score, config)
    for round_ in range(config.iterations):
        mean, spread = elites.action.mean(1, True), elites.action.std(1, keepdim=True, correction=0)
        shape = (len(elites.action), config.samples, elites.action.shape[-1])
        noise = smooth_noise(shape, config.smoothness, generator)
        least = least_spread(config, round_, shape[-1])
        drawn = (mean + torch.maximum(spread, least) * noise).clamp(-1.0, 1.0)
        elites = best(elites.join(follow(drawn)), score, config)
    return elites._replace(policies=(NAME,) * len(elites.policies))


def least_spread(config: PlanningConfig, round_: int, actions: int) -> Tensor:
    """What a round's standard deviations are at least: (A,).

    Raises:
        ConfigError: ``planning.spread`` has not one number an action component.
    """
    if not config.spread:
        return torch.full((actions,), LEAST_SPREAD)
    if len(config.spread) != actions:
        raise ConfigError(
            f"planning.spread has {len(config.spread)} numbers, an action {actions}; give one each"
        )
    first = torch.tensor(config.spread)
    done = round_ / max(1, config.iterations - 1)
    return torch.lerp(first, first.clamp(max=LEAST_SPREAD), done)


def smooth_noise(
    shape: tuple[int, int, int], smoothness: float, generator: torch.Generator | None
) -> Tensor:
    """Unit noise (H, N, A), each step correlated with the one before it."""
    noise = torch.randn(shape, generator=generator)
    fresh = (1 - smoothness**2) ** 0.5
    steps = [noise[0]]
    for step in noise[1:]:
        steps.append(smoothness * steps[-1] + fresh * step)
    return torch.stack(steps)


def best(courses: Courses, score: Callable[[Courses], Tensor], config: PlanningConfig) -> Courses:
    """The elites: by score, those below the violation limit first, then the least violating."""
    bad = ~(courses.violation <= config.violation_limit)
    rank = torch.where(bad, DROPPED * (1 + courses.violation), score(courses))
    rank = torch.nan_to_num(rank, nan=-torch.inf)
    count = min(config.elites, len(rank))
    return courses.pick(rank.topk(count).indices)
