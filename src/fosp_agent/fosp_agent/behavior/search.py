"""Cross-entropy search over action sequences in imagination, begun from what policies propose."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.planning import Courses

NAME = "search"
"""Whose first action it is."""
LEAST_SPREAD = 0.1
"""Smallest standard deviation that sequences are drawn with."""
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
    for _ in range(config.iterations):
        mean, spread = elites.action.mean(1, True), elites.action.std(1, keepdim=True, correction=0)
        shape = (len(elites.action), config.samples, elites.action.shape[-1])
        noise = torch.randn(shape, generator=generator)
        drawn = (mean + spread.clamp(min=LEAST_SPREAD) * noise).clamp(-1.0, 1.0)
        elites = best(elites.join(follow(drawn)), score, config)
    return elites._replace(policies=(NAME,) * len(elites.policies))


def best(courses: Courses, score: Callable[[Courses], Tensor], config: PlanningConfig) -> Courses:
    """The elites: by score, those below the violation limit first, then the least violating."""
    bad = ~(courses.violation <= config.violation_limit)
    rank = torch.where(bad, DROPPED * (1 + courses.violation), score(courses))
    rank = torch.nan_to_num(rank, nan=-torch.inf)
    count = min(config.elites, len(rank))
    return courses.pick(rank.topk(count).indices)
