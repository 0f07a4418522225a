"""The feasibility shield: the last word on a chosen action, before anybody asks for motion.

It looks at what the chosen action leads to. Where that is infeasible or predicted to violate, the
candidate with the lowest cost value among those that are not acts instead; where there is none, the
robot holds still. Every veto carries a reason. A number that is not finite counts as unsafe.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from fosp_agent.acting_config import ShieldConfig
from fosp_agent.types import ShieldState


@dataclass(frozen=True)
class Outlook:
    """What one candidate leads to."""

    policy: str
    cost_value: float
    """Q_c."""
    feasibility: float
    """u of the imagined next state, in [0, 1]."""
    violation: float
    """Predicted probability of a violation along the imagined course, in [0, 1]."""


@dataclass(frozen=True)
class ShieldVerdict:
    """What the shield says."""

    state: ShieldState
    index: int | None
    """The candidate that acts; None: hold still."""
    reason: str = ""
    """Why, for people; empty when the choice passed."""


def guard(config: ShieldConfig, outlooks: Sequence[Outlook], chosen: int) -> ShieldVerdict:
    """Let the chosen candidate act, another one, or none.

    Args:
        config: the limits.
        outlooks: all candidates.
        chosen: index of the one that would act.
    """
    if not config.enabled:
        return ShieldVerdict(ShieldState.OFF, chosen)
    objection = _objection(config, outlooks[chosen])
    if not objection:
        return ShieldVerdict(ShieldState.PASSED, chosen)
    safe = [i for i, outlook in enumerate(outlooks) if not _objection(config, outlook)]
    if safe:
        return _replaced(outlooks, chosen, _lowest_cost(outlooks, safe), objection)
    none = f"{objection}; none of {len(outlooks)} candidates will do"
    other = _lowest_cost(outlooks, range(len(outlooks)))
    if config.last_resort == "hold" or not math.isfinite(outlooks[other].cost_value):
        return ShieldVerdict(ShieldState.HELD, None, f"{none}: holding still")
    return _replaced(outlooks, chosen, other, none)


def _objection(config: ShieldConfig, outlook: Outlook) -> str:
    """Why a candidate may not act; empty when it may."""
    if not outlook.feasibility >= config.feasibility:
        return (
            f"{outlook.policy}: feasibility {outlook.feasibility:.2f} under "
            f"{config.feasibility:.2f}"
        )
    if not outlook.violation <= config.violation:
        return (
            f"{outlook.policy}: predicted violation {outlook.violation:.2f} above "
            f"{config.violation:.2f}"
        )
    if not math.isfinite(outlook.cost_value):
        return f"{outlook.policy}: cost value {outlook.cost_value}"
    return ""


def _lowest_cost(outlooks: Sequence[Outlook], among: Sequence[int]) -> int:
    def cost(index: int) -> float:
        value = outlooks[index].cost_value
        return value if math.isfinite(value) else math.inf

    return min(among, key=cost)


def _replaced(
    outlooks: Sequence[Outlook], chosen: int, other: int, objection: str
) -> ShieldVerdict:
    taken, instead = outlooks[other], outlooks[chosen]
    return ShieldVerdict(
        ShieldState.REPLACED,
        other,
        f"{objection}; {taken.policy} acts, cost value {taken.cost_value:.2f} "
        f"instead of {instead.cost_value:.2f}",
    )
