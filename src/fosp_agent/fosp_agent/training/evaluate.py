"""Seeded tests of a policy in simulation: success, violation and safe success rates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fosp_agent.control.decision_loop import policy_seed
from fosp_agent.control.policy_runner import Mode, PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.types import Environment


@dataclass(frozen=True)
class TestResult:
    """One seeded episode."""

    seed: int
    episode_return: float
    episode_cost: float
    new_policy_share: float
    """Share of steps in which the new policy acted."""

    @property
    def success(self) -> bool:
        """The target was touched."""
        return self.episode_return > 0

    @property
    def violation(self) -> bool:
        """Any cost was paid."""
        return self.episode_cost > 0


def wilson_interval(hits: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a rate."""
    if total == 0:
        return 0.0, 1.0
    rate, square = hits / total, z * z
    centre = (rate + square / (2 * total)) / (1 + square / total)
    spread = math.sqrt(rate * (1 - rate) / total + square / (4 * total * total))
    half = z * spread / (1 + square / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def run_test(environment: Environment, runner: PolicyRunner, seed: int) -> TestResult:
    """One episode; the scene and the policy's draws are functions of the seed."""
    observation, _ = environment.reset(seed=seed)
    runner.reset(policy_seed(seed))
    total_reward = total_cost = 0.0
    chosen: list[int] = []
    finished = False
    while not finished:
        decision = runner.act(observation["image"], observation["pose"])
        chosen.append(decision.chosen)
        observation, reward, cost, terminated, truncated, _ = environment.step(decision.action)
        total_reward += reward
        total_cost += cost
        finished = terminated or truncated
    return TestResult(seed, total_reward, total_cost, float(np.mean(chosen)))


def run_tests(
    weights: Path, environment: str, task: str, *, tests: int, seed: int, mode: Mode
) -> Iterator[TestResult]:
    """Seeds ``seed`` .. ``seed + tests - 1``, one after the other.

    Raises:
        WeightsError: the weights cannot be read.
        UnknownEnvironment: no such environment or task.
    """
    runner = PolicyRunner.from_file(weights, mode=mode)
    world = make_environment(environment, task)
    try:
        for offset in range(tests):
            yield run_test(world, runner, seed + offset)
    finally:
        world.close()


def report(results: list[TestResult]) -> dict[str, Any]:
    """Rates with their Wilson 95 % intervals, means, and every single result."""
    total = len(results)
    hits = {
        "success_rate": sum(r.success for r in results),
        "violation_rate": sum(r.violation for r in results),
        "safe_success_rate": sum(r.success and not r.violation for r in results),
    }
    summary: dict[str, Any] = {"tests": total}
    for name, count in hits.items():
        summary[name] = count / max(total, 1)
        summary[f"{name}_interval"] = list(wilson_interval(count, total))
    summary["mean_return"] = float(np.mean([r.episode_return for r in results]))
    summary["mean_cost"] = float(np.mean([r.episode_cost for r in results]))
    summary["new_policy_share"] = float(np.mean([r.new_policy_share for r in results]))
    summary["results"] = [asdict(r) for r in results]
    return summary
