"""Seeded tests of a policy in simulation, and the report of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fosp_agent.control.decision_loop import policy_seed
from fosp_agent.control.policy_runner import Mode, PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.training.measures import amounts, wilson_interval
from fosp_agent.training.parallel import in_parallel
from fosp_agent.types import Decision, Environment, Objective, ShieldState


@dataclass(frozen=True)
class TestResult:
    """One seeded episode."""

    seed: int
    episode_return: float
    episode_cost: float
    new_policy_share: float
    """Share of steps in which the new policy acted."""
    replaced_share: float = 0.0
    """Share of steps in which the shield let another candidate act than the one chosen."""
    held_share: float = 0.0
    """Share of steps in which the shield held the robot still."""
    dropped_share: float = 0.0
    """Share of all candidates that planning dropped for their predicted violation."""
    all_dropped_share: float = 0.0
    """Share of steps in which it dropped all of them, and the least violating acted."""
    steps: int = 1
    """Steps of the task: decisions times the environment's action repeat."""
    objective: Objective = "reach"
    """How the environment wants to be judged."""

    @property
    def success(self) -> bool:
        """The target was touched."""
        return self.episode_return > 0

    @property
    def violation(self) -> bool:
        """Any cost was paid."""
        return self.episode_cost > 0


SHARES = (
    "new_policy_share",
    "replaced_share",
    "held_share",
    "dropped_share",
    "all_dropped_share",
)
"""The shares of a result, whose means are reported."""


def run_test(environment: Environment, runner: PolicyRunner, seed: int) -> TestResult:
    """One episode; the scene and the policy's draws are functions of the seed."""
    observation, _ = environment.reset(seed=seed)
    runner.reset(policy_seed(seed))
    total_reward = total_cost = 0.0
    decisions: list[Decision] = []
    finished = False
    while not finished:
        decision = runner.act(observation["image"], observation["pose"])
        decisions.append(decision)
        observation, reward, cost, terminated, truncated, _ = environment.step(decision.action)
        total_reward += reward
        total_cost += cost
        finished = terminated or truncated
    return TestResult(
        seed,
        total_reward,
        total_cost,
        steps=len(decisions) * environment.action_repeat,
        objective=environment.objective,
        **interventions(decisions),
    )


def interventions(decisions: Sequence[Decision]) -> dict[str, float]:
    """Who acted in an episode, and how often planning and the shield stepped in."""
    acting = [decision.candidates[decision.chosen].policy for decision in decisions]
    shields = [decision.shield for decision in decisions]
    # A held decision lists holding still beside the candidates it rejected.
    held = [shield is ShieldState.HELD for shield in shields]
    counts = [len(d.candidates) - h for d, h in zip(decisions, held, strict=True)]
    dropped = [decision.dropped for decision in decisions]
    return {
        "new_policy_share": float(np.mean([name == "new" for name in acting])),
        "replaced_share": float(np.mean([s is ShieldState.REPLACED for s in shields])),
        "held_share": float(np.mean(held)),
        "dropped_share": sum(dropped) / sum(counts),
        "all_dropped_share": float(np.mean([d == c for d, c in zip(dropped, counts, strict=True)])),
    }


@dataclass(frozen=True)
class Setup:
    """Which policy is tested where, and how."""

    weights: Path
    environment: str
    task: str
    mode: Mode = "sample"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Acting-time settings such as ``{"planning.horizon": 8}``."""


class Tester:
    """A policy in its environment, ready for any seed."""

    def __init__(self, setup: Setup) -> None:
        self._runner = PolicyRunner.from_file(
            setup.weights, mode=setup.mode, overrides=setup.overrides
        )
        self._world = make_environment(setup.environment, setup.task)

    def __call__(self, seed: int) -> TestResult:
        """One episode."""
        return run_test(self._world, self._runner, seed)

    def close(self) -> None:
        """Free what the simulator holds."""
        self._world.close()


def run_tests(
    weights: Path,
    environment: str,
    task: str,
    *,
    tests: int,
    seed: int,
    mode: Mode,
    overrides: Mapping[str, Any] | None = None,
    workers: int = 1,
) -> Iterator[TestResult]:
    """Seeds ``seed`` .. ``seed + tests - 1``, in this order.

    Each is a function of its seed alone, so several workers (processes) give the same results.

    Raises:
        WeightsError: the weights cannot be read.
        ConfigError: an override does not exist, does not fit, or is fixed by the weights.
        UnknownEnvironment: no such environment or task.
    """
    setup = Setup(weights, environment, task, mode, overrides or {})
    seeds = range(seed, seed + tests)
    if workers > 1:
        Tester(setup).close()  # whatever is wrong is said once, here
        yield from in_parallel(partial(Tester, setup), seeds, workers)
        return
    tester = Tester(setup)
    try:
        yield from map(tester, seeds)
    finally:
        tester.close()


def report(results: list[TestResult]) -> dict[str, Any]:
    """Rates with their Wilson 95 % intervals, the metrics of D.2, and every single result."""
    total = len(results)
    hits = {
        "success_rate": sum(r.success for r in results),
        "violation_rate": sum(r.violation for r in results),
        "safe_success_rate": sum(r.success and not r.violation for r in results),
    }
    summary: dict[str, Any] = {"tests": total, "objective": results[0].objective}
    for name, count in hits.items():
        summary[name] = count / max(total, 1)
        summary[f"{name}_interval"] = list(wilson_interval(count, total))
    summary |= amounts(
        [r.episode_return for r in results],
        [r.episode_cost for r in results],
        [r.steps for r in results],
    )
    for name in SHARES:
        summary[name] = float(np.mean([getattr(r, name) for r in results]))
    summary["results"] = [asdict(r) for r in results]
    return summary
