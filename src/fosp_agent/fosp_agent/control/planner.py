"""Decision-time planning and the shield around it: proposals in, decision out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor

from fosp_agent.agents.acting import EPISODE_STEPS, ActingNetworks, Proposals
from fosp_agent.behavior.detours import detours
from fosp_agent.behavior.imagination import stands_still
from fosp_agent.behavior.planning import (
    FALLBACKS,
    Courses,
    Itinerary,
    Judges,
    Policy,
    Stage,
    follow,
    score_courses,
    surviving,
)
from fosp_agent.behavior.policy_expansion import Choice, choose_by, value_scales
from fosp_agent.behavior.proposals import Proposer
from fosp_agent.behavior.search import NAME, search
from fosp_agent.behavior.still_latents import given_latents, latents_of, without_latents
from fosp_agent.config import AgentConfig
from fosp_agent.control.feasibility_shield import Outlook, guard
from fosp_agent.nn.optim import RunningRange
from fosp_agent.settings import ConfigError
from fosp_agent.types import Candidate, Decision
from fosp_agent.world_model.rssm import State

COMMITTED = "plan"
"""Name of the plan chosen before, continued."""
HOLD = "hold"
"""Name of holding still."""
NEEDED = ("reward_critic", "cost_critic", "reachability", "reward_value_range", "cost_value_range")


class PlanningNetworks(ActingNetworks, Judges, Protocol):
    """An agent that can judge what it imagines."""

    reward_value_range: RunningRange
    cost_value_range: RunningRange


def wanted(config: AgentConfig) -> bool:
    """Whether planning or the shield is switched on."""
    return config.planning.horizon > 0 or config.shield.enabled


class Planner:
    """Follows candidates through the world model, chooses, and lets the shield object.

    Its imagination has its own random generator: what it imagines does not change what the
    policies draw.
    """

    def __init__(
        self, networks: ActingNetworks, proposers: Sequence[Proposer], *, greedy: bool
    ) -> None:
        """Plan with the networks' config.

        Args:
            networks: imagine and value.
            proposers: go on after their candidates.
            greedy: take the best candidate instead of drawing.

        Raises:
            ConfigError: settings that contradict each other, or networks without cost values.
        """
        self._config = networks.config
        _check(self._config, networks)
        self._networks = cast(PlanningNetworks, networks)
        self._greedy = greedy
        self._horizon = max(1, self._config.planning.horizon)
        self._generator = torch.Generator()
        self._proposers = tuple(proposers)
        self._plan: Tensor | None = None

    def reset(self, seed: int) -> None:
        """Forget the plan; the imagination's randomness is a function of the seed."""
        self._plan = None
        self._generator.manual_seed(seed)

    def decide(
        self, state: State, proposals: Proposals, generator: torch.Generator | None = None
    ) -> Decision:
        """Decide among the candidates.

        Args:
            state: the present (1, ...).
            proposals: K candidates.
            generator: source of the choice's randomness.
        """
        stage = self._stage(state)
        courses = self._imagine(stage, proposals)
        hold: Courses | None = None
        if self._config.shield.enabled:
            last = torch.tensor([len(courses.policies) - 1])
            hold, courses = courses.pick(last), courses.pick(torch.arange(int(last)))
        courses = self._searched(stage, self._with_detours(stage, courses))
        choice, dropped = self._choose(courses, generator)
        return self._guarded(courses, hold, choice, dropped, proposals)

    def _stage(self, state: State) -> Stage:
        """The present state, and the networks that imagine from it."""
        nets, proposers = self._networks, self._proposers
        if not stands_still(nets.world_model, state):
            return Stage(nets, {p.name: self._going_on(p) for p in proposers}, state)
        known = latents_of(state)
        policies = {p.name: self._going_on(p.given(known)) for p in proposers}
        return Stage(given_latents(nets, known), policies, without_latents(state))

    def _going_on(self, proposer: Proposer) -> Policy:
        """What a candidate of this proposer does after its first action."""
        likeliest = self._config.planning.continuation != "sample"

        def go_on(features: Tensor) -> Tensor:
            return proposer.act(features, greedy=likeliest, generator=self._generator)

        return go_on

    def _imagine(self, stage: Stage, proposals: Proposals) -> Courses:
        """Courses of the proposals, of the committed plan, and of holding still, in this order."""
        names, size = list(proposals.policies), proposals.actions.shape[-1]
        written = []
        if self._plan is not None:
            names.append(COMMITTED)
            written.append(torch.cat([self._plan[1:], self._plan[-1:]]))
        if self._config.shield.enabled:
            names.append(HOLD)
            written.append(torch.zeros(self._horizon, size))
        first = proposals.actions
        if self._config.planning.continuation == "repeat":
            repeated = first.expand(self._horizon, -1, -1)
            written, first = [*repeated.unbind(1), *written], first[:0]
        script = torch.stack(written, 1) if written else torch.zeros(self._horizon, 0, size)
        return self._follow(stage, Itinerary(tuple(names), first, script))

    def _with_detours(self, stage: Stage, courses: Courses) -> Courses:
        """The same courses, and ways around where too few of them will do."""
        config = self._config.planning
        if not config.detour:
            return courses
        share = surviving(courses, config.violation_limit).float().mean()
        if float(share) > config.detour_share:
            return courses
        features = stage.state.features()
        own = {name: policy(features)[0] for name, policy in stage.policies.items()}
        return courses.join(self._follow(stage, detours(config, own, self._horizon)))

    def _follow(self, stage: Stage, itinerary: Itinerary) -> Courses:
        config = self._config
        return follow(stage, config.planning, config.critic.gamma, itinerary, self._generator)

    def _searched(self, stage: Stage, courses: Courses) -> Courses:
        config = self._config.planning
        if not config.iterations:
            return courses

        def follow_written(written: Tensor) -> Courses:
            names = (NAME,) * written.shape[1]
            return self._follow(stage, Itinerary(names, written[0][:0], written))

        found = search(courses, follow_written, self._score, config, self._generator)
        return courses.join(found)

    def _score(self, courses: Courses) -> Tensor:
        """Score (N,), the committed plan's raised by the margin."""
        nets, config = self._networks, self._config
        ranges = nets.reward_value_range.scale(), nets.cost_value_range.scale()
        scales = value_scales(config, *ranges, EPISODE_STEPS)
        score = score_courses(courses, config.planning, scales)
        committed = torch.tensor([name == COMMITTED for name in courses.policies])
        return torch.where(committed, score + config.planning.commitment, score)

    def _choose(self, courses: Courses, generator: torch.Generator | None) -> tuple[Choice, int]:
        """The choice, and how many candidates were dropped."""
        config = self._config
        keep = torch.ones(len(courses.policies), dtype=torch.bool)
        if config.planning.horizon:
            keep = surviving(courses, config.planning.violation_limit)
        dropped = int((~keep).sum())
        if dropped == len(keep):
            index = FALLBACKS[config.planning.fallback](courses)
            probability = torch.zeros(len(keep))
            probability[index] = 1.0
            return Choice(index, probability), dropped
        score = torch.where(keep, self._score(courses), -torch.inf)
        temperature = config.expansion.inverse_temperature
        choice = choose_by(score, temperature, greedy=self._greedy, generator=generator)
        return choice, dropped

    def _guarded(
        self,
        courses: Courses,
        hold: Courses | None,
        choice: Choice,
        dropped: int,
        proposals: Proposals,
    ) -> Decision:
        verdict = guard(self._config.shield, outlooks(courses), choice.index)
        candidates = as_candidates(courses, choice.probability)
        index = verdict.index
        if index is None:
            assert hold is not None
            index = len(candidates)
            candidates += as_candidates(hold, torch.zeros(1))
        if self._config.planning.commitment > 0:
            self._plan = courses.action[:, index] if verdict.index == choice.index else None
        return Decision(
            candidates[index].action,
            index,
            candidates,
            float(self._networks.reachability.feasibility(proposals.features)),
            dropped,
            verdict.state,
            verdict.reason,
        )


def outlooks(courses: Courses) -> list[Outlook]:
    """What the shield must know of each course."""
    columns = (courses.q_cost, courses.feasibility, courses.violation)
    rows = zip(courses.policies, *(x.tolist() for x in columns), strict=True)
    return [Outlook(*row) for row in rows]


def as_candidates(courses: Courses, probability: Tensor) -> tuple[Candidate, ...]:
    """The first action of each course, and what is known of it."""
    columns = (
        courses.q_reward,
        courses.q_cost,
        probability,
        courses.violation,
        courses.feasibility,
    )
    actions = courses.action[0].numpy().copy()
    rows = zip(courses.policies, actions, *(x.tolist() for x in columns), strict=True)
    return tuple(Candidate(*row) for row in rows)


def _check(config: AgentConfig, networks: ActingNetworks) -> None:
    missing = [name for name in NEEDED if getattr(networks, name, None) is None]
    if missing:
        raise ConfigError(
            f"planning and the shield need networks that this agent lacks: {', '.join(missing)}; "
            "switch planning.horizon to 0 and shield.enabled to false, or choose another agent"
        )
    planning = config.planning
    if planning.margin < 0:
        raise ConfigError(f"planning.margin is {planning.margin:g}; give 0 or more")
    if not 0 <= planning.detour_share <= 1:
        raise ConfigError(f"planning.detour_share is {planning.detour_share:g}; give 0 to 1")
    least = {
        "planning.particles": planning.particles,
        "planning.samples": planning.samples,
        "planning.elites": planning.elites,
    }
    for name, value in least.items():
        if value < 1:
            raise ConfigError(f"{name} is {value}; give 1 or more")
