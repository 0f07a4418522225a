"""One decision for every observation, in order: what a policy node has to keep straight.

It waits for what a decision needs (the episode's seed, the verdict on the previous action), answers
a repeated observation with the same action, and never decides twice for one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray, Decision, FloatArray


class Policy(Protocol):
    """The part of a policy runner that deciding needs."""

    @property
    def action_scale(self) -> FloatArray:
        """(A,) SI units per unit of normalised action."""
        ...

    def reset(self, seed: int | None = None) -> None:
        """Begin an episode; its randomness is a function of the seed."""
        ...

    def act(
        self, image: ByteArray, pose: FloatArray, executed: FloatArray | None = None
    ) -> Decision:
        """Decide on an image (H, W, C) and a pose (P,), given the action executed before."""
        ...


@dataclass(frozen=True)
class Observed:
    """An observation as the policy needs it."""

    episode_id: str
    step: int
    is_first: bool
    is_last: bool
    image: ByteArray
    """(64, 64, C)"""
    pose: FloatArray
    """(P,)"""
    received: float
    """When it arrived, on a monotonic clock [s]."""
    token: object = None
    """Carried through untouched (the message's header)."""


@dataclass(frozen=True)
class Answer:
    """The decision for one observation; ``repeated`` when it was given before."""

    observed: Observed
    decision: Decision
    repeated: bool = False


class DecisionRefused(UserError):
    """No action can be given for this observation; the message says why."""


def policy_seed(session_seed: int) -> int:
    """Seed of the policy's own randomness, a function of the episode's seed but not equal to it."""
    return int(np.random.SeedSequence([session_seed, 0x504F4C49]).generate_state(1)[0])


@dataclass
class _Course:
    """The running episode."""

    episode_id: str
    seed: int
    executed: dict[int, FloatArray] = field(default_factory=dict)
    """Executed action (A,) of each step that has a verdict."""
    accepted: set[int] = field(default_factory=set)
    last: Answer | None = None
    last_step: int = -1
    refusal: str = ""
    """Why there is no answer at ``last_step``."""
    finished: bool = False


class DecisionLoop:
    """Feed it the session, the verdicts and the observations; it returns answers to publish."""

    def __init__(self, policy_of: Callable[[], Policy | None], verdict_patience: float) -> None:
        """Start between episodes.

        Args:
            policy_of: the policy that acts now, None when none is loaded.
            verdict_patience: how long to wait for the verdict on the previous action before
                taking it for not executed [s].
        """
        self._policy_of = policy_of
        self._patience = verdict_patience
        self._course: _Course | None = None
        self._waiting: Observed | None = None

    @property
    def between_episodes(self) -> bool:
        """Whether the weights may be swapped now."""
        course = self._course
        return course is None or course.finished or course.last_step < 0

    def session(self, episode_id: str, seed: int, running: bool) -> Answer | None:
        """Note the session's state. May release an observation that came before it."""
        if not running:
            if self._course is not None:
                self._course.finished = True
            self._waiting = None
            return None
        if self._course is None or self._course.episode_id != episode_id:
            self._course = _Course(episode_id, seed)
        return self._proceed(None)

    def verdict(
        self, episode_id: str, step: int, normalized: Sequence[float], accepted: bool
    ) -> Answer | None:
        """Note what was executed at a step. May release the observation that waits for it."""
        course = self._course
        if course is None or course.episode_id != episode_id:
            return None
        if step not in course.executed or (accepted and step not in course.accepted):
            course.executed[step] = np.asarray(normalized, np.float32)
        if accepted:
            course.accepted.add(step)
        return self._proceed(None)

    def observe(self, observed: Observed) -> Answer | None:
        """Take an observation in.

        Returns:
            The answer; None while something is missing, or when none is due.

        Raises:
            DecisionRefused: no policy, or the decision is not finite.
        """
        course = self._course
        if course is not None and observed.episode_id == course.episode_id:
            if course.finished or observed.step < course.last_step:
                return None
            if observed.step == course.last_step:
                return self._again(course)
        if self._waiting is not None and _same(self._waiting, observed):
            observed = self._waiting  # the wait counts from the first arrival
        self._waiting = observed
        return self._proceed(observed.received)

    def expire(self, now: float) -> Answer | None:
        """Stop waiting for a verdict that is overdue at ``now`` [s]."""
        return self._proceed(now)

    def _proceed(self, now: float | None) -> Answer | None:
        observed, course = self._waiting, self._course
        if observed is None or course is None or course.episode_id != observed.episode_id:
            return None
        if course.finished:
            self._waiting = None
            return None
        if observed.is_last:
            self._waiting, course.finished = None, True
            return None
        overdue = now is not None and now - observed.received > self._patience
        if not self._executed_known(observed, course) and not overdue:
            return None
        self._waiting = None
        return self._decide(observed, course)

    @staticmethod
    def _again(course: _Course) -> Answer:
        """The answer already given: a second draw would not be what was executed."""
        if course.last is None:
            raise DecisionRefused(course.refusal)
        return Answer(course.last.observed, course.last.decision, repeated=True)

    @staticmethod
    def _executed_known(observed: Observed, course: _Course) -> bool:
        """A previous action of ours must have its verdict; other gaps count as holding still."""
        previous = observed.step - 1
        return course.last_step != previous or course.last is None or previous in course.executed

    def _decide(self, observed: Observed, course: _Course) -> Answer:
        policy = self._policy_of()
        if policy is None:
            raise DecisionRefused(
                "no weights are loaded: start the trainer, or set the parameter 'weights'"
            )
        if course.last_step < 0:
            policy.reset(policy_seed(course.seed))
        held = np.zeros(len(policy.action_scale), np.float32)
        executed = course.executed.get(observed.step - 1, held)
        course.last_step, course.last = observed.step, None
        try:
            decision = policy.act(
                observed.image, observed.pose, None if observed.is_first else executed
            )
        except ValueError as problem:
            course.refusal = f"step {observed.step} of {observed.episode_id}: {problem}"
            raise DecisionRefused(course.refusal) from problem
        if not np.isfinite(decision.action).all():
            course.refusal = (
                f"step {observed.step} of {observed.episode_id}: the action is not finite "
                f"({_listed(decision.action)}); load other weights and start the episode again"
            )
            raise DecisionRefused(course.refusal)
        course.last = Answer(observed, decision)
        return course.last


def _same(one: Observed, other: Observed) -> bool:
    return one.episode_id == other.episode_id and one.step == other.step


def _listed(values: FloatArray) -> str:
    return ", ".join(f"{value:.3g}" for value in values)
