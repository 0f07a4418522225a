"""A policy acts one episode in a simulated robot: step by step, or straight into a store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from fosp_agent.control.decision_loop import policy_seed
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.writer import EpisodeWriter
from fosp_agent.types import Decision, Environment, ObservationDict

PERIOD_NS = 100_000_000
"""Between two recorded observations [ns]."""
TRUTH = "simulator"
"""Who labelled: the environment's own rewards and costs."""


@dataclass(frozen=True)
class Moment:
    """One observation, what arrived with it, and what was decided on it."""

    step: int
    observation: ObservationDict
    reward: float
    """Arrived with the observation; 0 at step 0."""
    cost: float
    decision: Decision | None
    """None at the last observation."""
    terminal: bool
    """The task itself ended here (not: time ran out)."""


def roll_out(environment: Environment, runner: PolicyRunner, seed: int) -> Iterator[Moment]:
    """One episode; the scene and the policy's draws are functions of the seed."""
    observation, _ = environment.reset(seed=seed)
    runner.reset(policy_seed(seed))
    step, reward, cost = 0, 0.0, 0.0
    while True:
        decision = runner.act(observation["image"], observation["pose"])
        yield Moment(step, observation, reward, cost, decision, terminal=False)
        observation, reward, cost, terminated, truncated, _ = environment.step(decision.action)
        step += 1
        if terminated or truncated:
            yield Moment(step, observation, reward, cost, None, terminal=terminated)
            return


@dataclass(frozen=True)
class Acted:
    """What an episode that was acted came to."""

    episode_return: float
    episode_cost: float
    by_policy: dict[str, int]
    """How many actions each policy gave: "offline", "new"."""


def record_episode(
    environment: Environment,
    runner: PolicyRunner,
    store: EpisodeStore,
    episode_id: str,
    seed: int,
    metadata: Mapping[str, str],
) -> Acted:
    """Act an episode, write it as it happens, and label it with the environment's own truth.

    Args:
        environment: where.
        runner: the policy.
        store: takes the episode and its label.
        episode_id: must be new to the store.
        seed: of the scene and of the policy's draws.
        metadata: entries of the file besides the seed and the length (task, ...).

    Raises:
        EpisodeError: the episode exists, or cannot be written.
    """
    entries = {"seed": str(seed), "max_steps": str(environment.max_steps), **metadata}
    writer = store.writer(episode_id, entries, runner.action_scale.tolist())
    rewards: list[float] = []
    costs: list[float] = []
    acted: Counter[str] = Counter()
    terminal = False
    try:
        for moment in roll_out(environment, runner, seed):
            _write(writer, episode_id, moment, runner)
            rewards.append(moment.reward)
            costs.append(moment.cost)
            terminal = moment.terminal
            if moment.decision is not None:
                acted[moment.decision.candidates[moment.decision.chosen].policy] += 1
        writer.close(terminal=terminal)
    except BaseException:
        writer.abort()
        raise
    store.labels.add(LabelRecord(episode_id, np.array(rewards), np.array(costs), labeller=TRUTH))
    return Acted(sum(rewards), sum(costs), dict(acted))


def _write(writer: EpisodeWriter, episode_id: str, moment: Moment, runner: PolicyRunner) -> None:
    stamp, step, decision = moment.step * PERIOD_NS, moment.step, moment.decision
    writer.observation(
        stamp,
        ObservationRecord(
            stamp,
            episode_id,
            step,
            is_first=step == 0,
            is_last=decision is None,
            image=moment.observation["image"],
            pose=moment.observation["pose"].astype(np.float64),
        ),
    )
    if decision is None:
        return
    normalized = decision.action.astype(np.float64)
    delta = normalized * runner.action_scale
    asked = ActionRecord(
        stamp,
        episode_id,
        step,
        "policy",
        delta,
        normalized,
        chosen=decision.chosen,
        candidates=decision.candidates,
        feasibility=decision.feasibility,
        weights_version=runner.version,
        weights_sha256=runner.sha256,
        shield=int(decision.shield),
        shield_reason=decision.shield_reason,
        dropped=decision.dropped,
    )
    writer.action(stamp, asked)
    writer.verdict(stamp, VerdictRecord(stamp, episode_id, step, "policy", True, delta, normalized))
