"""Ways around: a policy's own course, pushed aside for its first steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.planning import Itinerary


def pushes(config: PlanningConfig, actions: int) -> Tensor:
    """Every combination of less, as is and more along the components that are pushed: (K, A).

    K + 1 is the product of each component's choices: three where it is pushed both ways, two where
    one, one where it is not pushed, as those without a number.
    """
    more = _sizes(config.detour, actions)
    less = _sizes(config.detour_back, actions) if config.detour_back else more
    choices = [
        (0.0, *(-size for size in (down,) if size), *(size for size in (up,) if size))
        for down, up in zip(less, more, strict=True)
    ]
    return torch.tensor(list(product(*choices)))[1:]


def _sizes(given: Sequence[float], actions: int) -> tuple[float, ...]:
    """One for each component."""
    return (*given, *(0.0,) * actions)[:actions]


def detours(config: PlanningConfig, actions: Mapping[str, Tensor], horizon: int) -> Itinerary:
    """Courses of each policy, each pushed another way, which then go on as the policy would.

    Args:
        config: the pushes, and for how many steps.
        actions: a policy's name to its action (A,) in the present state.
        horizon: H.
    """
    own = torch.stack(list(actions.values()))  # (N, A)
    push = pushes(config, own.shape[-1])
    steps = torch.arange(horizon).view(-1, 1, 1) < config.detour_steps
    nudge = (steps * push).repeat(1, len(own), 1)  # (H, N * K, A)
    written = torch.zeros(horizon, 0, own.shape[-1])
    first = (own.unsqueeze(1) + push).clamp(-1.0, 1.0).flatten(0, 1)
    names = tuple(name for name in actions for _ in push)
    return Itinerary(names, first, written, nudge)
