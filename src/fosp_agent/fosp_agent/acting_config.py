"""Settings that matter only while acting, all off by default: then the paper's method acts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PlanningConfig:
    """Decision-time planning: each candidate is followed through the world model (not in paper)."""

    horizon: int = 0
    """H: imagined steps of each candidate; 0: none, the paper's method."""
    continuation: Literal["mode", "sample", "repeat"] = "mode"
    """What a candidate does after its first action: its policy's likeliest action, a draw from its
    policy, or the first action again."""
    particles: int = 1
    """Imagined courses of each candidate, averaged; they differ in the drawn latents."""
    violation_limit: float = 0.5
    """Candidates with a larger predicted probability of a violation are dropped."""
    fallback: Literal["violation", "cost"] = "violation"
    """Which acts when all are dropped: the least likely to violate, or the one of the least
    imagined cost. Where one already stands in what costs, every course violates with certainty;
    the cost still tells which is out of it first. No preset and no name turns the latter on: the
    one time it was tried, on PointGoal1, it was no better (docs/results-safety-gymnasium.md)."""
    margin: float = 0.0
    """A state on the way counts as violating, too, where its pose moved aside by this much, across
    the way in the first two components, would be predicted to: an image does not show the last
    millimetres before a contact. In units of a full action; 0: the pose alone. Looked for
    only beside courses that would survive by themselves; without effect where imagination moves
    more than the pose."""
    keep_to_poses: bool = False
    """An action that would leave ``robot.pose_low`` to ``robot.pose_high`` is cut short there,
    where imagination ends, too: beyond it hardly anything was demonstrated, and contacts are not
    foreseen. Also without a horizon; without effect where those bounds are empty."""
    violation_tail: Literal["none", "reachability"] = "none"
    """reachability: what lies beyond the horizon counts too, as p of the last imagined state."""
    cost_weight: float = 1.0
    """Weight of the cost value in a candidate's score. It tells what the policy would suffer that
    goes on; a planner that looks ahead itself may do without it (0)."""
    violation_weight: float = 0.0
    """Predicted violation lowers a candidate's score by this much, in units of Q~."""
    choice: Literal["value", "return"] = "value"
    """What the score is made of. value: Q of the first action. return: imagined reward and cost
    and the values of the last imagined state."""
    commitment: float = 0.0
    """Above 0: the rest of the plan chosen before is a candidate too, favoured by this margin in
    units of Q~; against dithering between two ways around an obstacle."""
    detour: tuple[float, ...] = ()
    """How far a policy's actions are pushed aside, the first components up, down or not at all, to
    look for a way around when (nearly) every candidate is predicted to violate. Empty: no
    detours."""
    detour_back: tuple[float, ...] = ()
    """How far they are pushed the other way, which ``detour`` has up: 0 where that leads back to
    where nobody demonstrated, and nothing that is foreseen can be believed. Empty: as far."""
    detour_share: float = 0.0
    """Ways around are looked for where at most this share of the courses survives: the one that
    does may be the one that stays. 0: where none does; 1: always."""
    detour_steps: int = 4
    """For how many steps; then the policy goes on alone."""
    iterations: int = 0
    """Rounds of search over action sequences (cross-entropy method), begun from the candidates."""
    samples: int = 32
    """Sequences drawn in each round."""
    spread: tuple[float, ...] = ()
    """(A,) standard deviations that the first round's sequences are drawn with, at least; they fall
    to 0.1 with the rounds. Empty: 0.1 from the beginning."""
    smoothness: float = 0.0
    """Correlation of the noise from one imagined step to the next, below 1: ways around an
    obstacle are smooth."""
    elites: int = 8
    """Best sequences of a round, which the next is drawn around; candidates after the last."""


@dataclass(frozen=True)
class ShieldConfig:
    """Feasibility shield: the last word on the chosen candidate (not in paper)."""

    enabled: bool = False
    feasibility: float = 0.3
    """Least u of the imagined state that an action leads to."""
    violation: float = 0.5
    """Largest predicted probability of a violation along the imagined course."""
    last_resort: Literal["hold", "least"] = "hold"
    """When no candidate will do: hold still, or take the one with the least cost value."""
