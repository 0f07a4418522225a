"""Seeded tests of a policy and what is reported of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.environments import UnknownEnvironment
from fosp_agent.errors import UserError
from fosp_agent.training.evaluate import (
    TestResult as Outcome,
)
from fosp_agent.training.evaluate import (
    interventions,
    report,
    run_test,
    run_tests,
)
from fosp_agent.training.measures import wilson_interval
from fosp_agent.training.weights import WeightsError, save_weights
from fosp_agent.types import Candidate, Decision, ShieldState


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (5, 10, 0.2366, 0.7634),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (80, 100, 0.7112, 0.8666),
    ],
)
def test_the_wilson_interval_is_that_of_the_tables(hits: int, total: int, low: float, high: float):
    assert wilson_interval(hits, total) == pytest.approx((low, high), abs=2e-4)


def test_no_tests_say_nothing():
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_the_report_counts_success_violation_and_both():
    results = [
        Outcome(1000, 3.0, 0.0, 0.0),
        Outcome(1001, 2.0, 4.0, 1.0),
        Outcome(1002, 0.0, 1.0, 0.5),
        Outcome(1003, 0.0, 0.0, 0.5),
    ]
    summary = report(results)
    assert summary["tests"] == 4
    assert summary["success_rate"] == 0.5
    assert summary["violation_rate"] == 0.5
    assert summary["safe_success_rate"] == 0.25
    assert summary["success_rate_interval"] == list(wilson_interval(2, 4))
    assert (summary["mean_return"], summary["mean_cost"]) == (1.25, 1.25)
    assert summary["new_policy_share"] == 0.5
    assert [r["seed"] for r in summary["results"]] == [1000, 1001, 1002, 1003]


class Counting:
    """An environment of five steps: reward at the last, cost at the second."""

    action_size = 6
    max_steps = 5
    objective = "reach"
    action_repeat = 3

    def __init__(self) -> None:
        self.actions: list[np.ndarray[Any, Any]] = []
        self.rng = np.random.default_rng(0)

    def look(self) -> Any:
        image = self.rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        return {"image": image, "pose": np.zeros(6, np.float32)}

    def reset(self, *, seed: int | None = None) -> Any:
        self.rng, self.actions = np.random.default_rng(seed), []
        return self.look(), {}

    def step(self, action: np.ndarray[Any, Any]) -> Any:
        self.actions.append(action)
        done = len(self.actions)
        return self.look(), float(done == 5), float(done == 2), False, done == 5, {}

    def close(self) -> None: ...


def test_a_test_sums_rewards_and_costs_and_is_a_function_of_its_seed(make_config, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config(), expanded=True), version=1)
    environment, runner = Counting(), PolicyRunner.from_file(path)
    runs = []
    for seed in (1000, 1001, 1000):
        result = run_test(environment, runner, seed)
        assert (result.episode_return, result.episode_cost, result.steps) == (1.0, 1.0, 15)
        assert result.success
        assert result.violation
        runs.append(np.stack(environment.actions))
    assert runs[0].shape == (5, 6)
    assert np.array_equal(runs[0], runs[2])
    assert not np.array_equal(runs[0], runs[1])


def test_unknown_environments_and_missing_weights_are_named(make_config, tmp_path):
    with pytest.raises(WeightsError, match="no such weights file"):
        list(run_tests(tmp_path / "no", "safereach", "original", tests=1, seed=0, mode="greedy"))
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config()), version=1)
    with pytest.raises(UnknownEnvironment, match="unknown environment 'moon'"):
        list(run_tests(path, "moon", "original", tests=1, seed=0, mode="greedy"))


def test_an_unknown_mode_is_refused(make_config, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config()), version=1)
    with pytest.raises(UserError, match=r"unknown mode 'bold'; choose one of sample, greedy"):
        PolicyRunner.from_file(path, mode="bold")


def decision(policy: str, shield: ShieldState = ShieldState.OFF, dropped: int = 0) -> Decision:
    """Two candidates, and holding still where the shield held; the first named acts."""
    names = [policy, "offline"] if shield is not ShieldState.HELD else ["offline", "new", "hold"]
    action = np.zeros(6, np.float32)
    candidates = tuple(Candidate(name, action, 0.0, 0.0, 0.5) for name in names)
    return Decision(action, names.index(policy), candidates, 1.0, dropped, shield, "")


def test_how_often_planning_and_the_shield_stepped_in_is_counted():
    found = interventions(
        [
            decision("new"),
            decision("new", dropped=1),
            decision("offline", ShieldState.REPLACED),
            decision("hold", ShieldState.HELD, dropped=2),
        ]
    )
    assert found == {
        "new_policy_share": 0.5,
        "replaced_share": 0.25,
        "held_share": 0.25,
        "dropped_share": 3 / 8,
        "all_dropped_share": 0.25,
    }


def test_several_workers_give_the_results_of_one(make_config, tmp_path):
    pytest.importorskip("fosp_sim_bridge.safereach.env")
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config(), expanded=True), version=1)

    def run(workers: int) -> list[Outcome]:
        return list(
            run_tests(
                path,
                "safereach",
                "original",
                tests=2,
                seed=3000,
                mode="sample",
                overrides={"planning.horizon": 2, "shield.enabled": True},
                workers=workers,
            )
        )

    alone = run(1)
    assert run(2) == alone
    assert alone[0] != alone[1]
