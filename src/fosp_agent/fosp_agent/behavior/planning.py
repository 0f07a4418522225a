"""Candidates followed through the world model, and dropped where a violation is predicted.

Beyond the paper, whose method chooses among first actions by their values alone. Letters: H
imagined steps, N courses, P particles of each, A action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.critics import CriticPair
from fosp_agent.behavior.imagination import Dream, Rollout, stands_still, unroll
from fosp_agent.behavior.reachability import Reachability
from fosp_agent.world_model.rssm import State

Policy = Callable[[Tensor], Tensor]
"""Features (N, S) -> actions (N, A)."""


class Judges(Protocol):
    """The networks that imagine and value a course."""

    @property
    def world_model(self) -> Dream:
        """Imagines."""
        ...

    @property
    def reward_critic(self) -> CriticPair:
        """Values what is imagined."""
        ...

    @property
    def cost_critic(self) -> CriticPair:
        """The same of cost."""
        ...

    @property
    def reachability(self) -> Reachability:
        """Feasibility of a state."""
        ...


class Stage(NamedTuple):
    """Where courses begin, who goes on after their first actions, and who judges them."""

    judges: Judges
    policies: Mapping[str, Policy]
    """By name."""
    state: State
    """(1, ...)"""


class Courses(NamedTuple):
    """N imagined courses from one state, each the mean of its particles; no graph."""

    policies: tuple[str, ...]
    """N names; whose first action it is."""
    action: Tensor
    """(H, N, A) of the first particle."""
    q_reward: Tensor
    """(N,), value of the first action."""
    q_cost: Tensor
    """(N,)"""
    reward: Tensor
    """(N,), imagined discounted reward and the value of the last state."""
    cost: Tensor
    """(N,), the same of cost."""
    violation: Tensor
    """(N,), probability of any cost in states 1 .. H: 1 - prod(1 - p)."""
    feasibility: Tensor
    """(N,), u of the state that the first action leads to."""

    def pick(self, index: Tensor) -> Courses:
        """Some of the courses: (M,) indices."""
        names = tuple(self.policies[i] for i in index.tolist())
        return Courses(names, self.action[:, index], *(x[index] for x in self[2:]))

    def join(self, other: Courses) -> Courses:
        """Those of both."""
        rest = [torch.cat([a, b]) for a, b in zip(self[2:], other[2:], strict=True)]
        action = torch.cat([self.action, other.action], 1)
        return Courses(self.policies + other.policies, action, *rest)


class Itinerary(NamedTuple):
    """What N courses do: K begin with a given action and go on by policy, the rest is written."""

    policies: tuple[str, ...]
    """K names in runs of equal ones, then those of the written courses."""
    first: Tensor
    """(K, A)"""
    written: Tensor
    """(H, N - K, A)"""
    nudge: Tensor | None = None
    """(H, N, A) added after the first action, within [-1, 1]; None: nothing."""

    def acting(self, policies: Mapping[str, Policy], particles: int) -> Callable[..., Tensor]:
        """Step and features (N * P, S) -> actions (N * P, A)."""
        begins = torch.cat([self.first, self.written[0]]).repeat_interleave(particles, 0)
        names = self.policies[: len(self.first)]
        runs = [(name, particles * len(list(run))) for name, run in groupby(names)]

        def act(step: int, features: Tensor) -> Tensor:
            if step == 0:
                return begins
            blocks = torch.split(features[: particles * len(names)], [size for _, size in runs])
            actions = [policies[name](x) for (name, _), x in zip(runs, blocks, strict=True)]
            written = self.written[step].repeat_interleave(particles, 0)
            together = torch.cat([*actions, written])
            if self.nudge is None:
                return together
            nudge = self.nudge[step].repeat_interleave(particles, 0)
            return (together + nudge).clamp(-1.0, 1.0)

        return act


def follow(
    stage: Stage,
    config: PlanningConfig,
    gamma: float,
    itinerary: Itinerary,
    generator: torch.Generator | None = None,
) -> Courses:
    """Imagine every course and judge it.

    Args:
        stage: the present, world model, values, and whoever goes on after a first action.
        config: particles and what lies beyond the horizon.
        gamma: discount of reward and cost.
        itinerary: what to do, H steps of it.
        generator: source of the imagination's randomness.
    """
    particles, count = config.particles, len(itinerary.policies)
    judges = stage.judges
    start = stage.state.map(lambda x: x.expand(count * particles, -1))
    root = torch.ones(count * particles, device=stage.state.deter.device)
    act = itinerary.acting(stage.policies, particles)
    horizon = len(itinerary.written)
    rollout = unroll(judges.world_model, act, start, root, horizon, generator)
    if config.margin and stands_still(judges.world_model, stage.state):
        rollout = with_margin(judges.world_model, stage.state, rollout, config)

    def mean(x: Tensor) -> Tensor:
        """(N * P,) -> (N,)."""
        return x.view(count, particles).mean(1)

    action = rollout.action[:, ::particles]
    features = start.features()[::particles]
    return Courses(
        itinerary.policies,
        action,
        judges.reward_critic.action_value(features, action[0]),
        judges.cost_critic.action_value(features, action[0]),
        mean(imagined_return(rollout.reward, rollout, judges.reward_critic, gamma)),
        mean(imagined_return(rollout.cost, rollout, judges.cost_critic, gamma)),
        mean(violation_ahead(rollout, judges.reachability, config)),
        mean(judges.reachability.feasibility(rollout.features[1])),
    )


def with_margin(model: Dream, state: State, rollout: Rollout, config: PlanningConfig) -> Rollout:
    """The largest predicted violation of each pose on the way and of those to either side of it.

    Only of the courses that would survive: one that violates by itself needs no closer look.

    Args:
        model: imagined the roll-out.
        state: where all courses begin (1, ...), with a pose; the latents stand still.
        rollout: H steps of N courses.
        config: how far aside, across the first two components, in units of a full action; and the
            limit on violations.
    """
    assert state.pose is not None
    kept = 1 - safe_throughout(rollout) <= config.violation_limit  # (N,)
    if not bool(kept.any()):
        return rollout
    latents = state.deter.shape[-1] + state.stoch.shape[-1]
    pose = rollout.features[1:, kept, latents : latents + state.pose.shape[-1]]  # (H, M, P)
    x, y = rollout.action[:, kept, :2].unbind(-1)
    across = torch.stack([-y, x], -1) / torch.hypot(x, y).clamp(min=1e-6).unsqueeze(-1)
    aside = torch.zeros_like(pose)
    aside[..., :2] = config.margin * across * model.rssm.stride[:2]
    everywhere = state.map(lambda one: one.expand(pose[..., 0].numel(), -1))
    ahead = rollout.violation[1:, kept]
    for beside in (pose - aside, pose + aside):
        features = model.rssm.placed(everywhere, beside.flatten(0, 1)).features()
        ahead = torch.maximum(ahead, model.cost.probability(features).view_as(ahead))
    violation = rollout.violation.clone()
    violation[1:, kept] = ahead
    return rollout._replace(violation=violation)


def imagined_return(signal: Tensor, rollout: Rollout, critic: CriticPair, gamma: float) -> Tensor:
    """sum_h gamma^h signal_h + gamma^H V(s_H), each by the chance to get there: (H, N) -> (N,)."""
    reach = rollout.weight(gamma)  # (H, N)
    ahead: Tensor = gamma * rollout.proceed[-1] * critic.v(rollout.features[-1])
    return (reach * signal).sum(0) + reach[-1] * ahead


def safe_throughout(rollout: Rollout) -> Tensor:
    """Probability of no cost in the imagined states 1 .. H: (N,)."""
    return (1 - rollout.violation[1:]).prod(0)


def violation_ahead(rollout: Rollout, reachability: Reachability, config: PlanningConfig) -> Tensor:
    """Probability of any cost in the imagined states 1 .. H, or ever after the first: (N,)."""
    safe = safe_throughout(rollout)
    if config.violation_tail == "reachability":
        safe = safe * reachability.feasibility(rollout.features[-1])
    return 1 - safe


def surviving(courses: Courses, limit: float) -> Tensor:
    """Whether a course stays below the limit (N,) bool; one that is not a number does not."""
    return courses.violation <= limit


def least_violating(courses: Courses) -> int:
    """The course with the smallest predicted violation."""
    return int(torch.nan_to_num(courses.violation, nan=torch.inf).argmin())


def least_costly(courses: Courses) -> int:
    """The course with the smallest imagined cost."""
    return int(torch.nan_to_num(courses.cost, nan=torch.inf).argmin())


FALLBACKS: Mapping[str, Callable[[Courses], int]] = {
    "violation": least_violating,
    "cost": least_costly,
}
"""Who acts when every course is dropped, by ``planning.fallback``."""


def score_courses(
    courses: Courses, config: PlanningConfig, scales: tuple[Tensor, Tensor]
) -> Tensor:
    """Q~ of the first action, or the same of the imagined returns, less predicted violation: (N,).

    Args:
        courses: N of them.
        config: which of the two, and the weight of predicted violation.
        scales: Q-hat and C-hat of eq. 22.
    """
    by_value = config.choice == "value"
    reward, cost = courses[2:4] if by_value else courses[4:6]
    score = reward / scales[0] - config.cost_weight * cost / scales[1]
    if config.violation_weight:
        score = score - config.violation_weight * courses.violation
    return score
