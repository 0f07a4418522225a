"""The paper's metrics on values worked out by hand, and which of them are reported."""

from __future__ import annotations

import dataclasses
import json

import pytest

from fosp_agent.training.evaluate import TestResult as Outcome
from fosp_agent.training.evaluate import report
from fosp_agent.training.measures import cost_regret, mean_interval, rows
from fosp_agent.training.trials import EpisodeResult, TrialsSummary, table


def outcome(seed: int, episode_return: float, cost: float, steps: int) -> Outcome:
    return Outcome(seed, episode_return, cost, 0.0, steps=steps, objective="return")


def test_reward_cost_and_cost_regret_are_those_of_the_papers_formulas():
    summary = report([outcome(0, 12.0, 30.0, 1000), outcome(1, 18.0, 0.0, 500)])
    assert summary["mean_return"] == 15.0
    assert summary["mean_cost"] == 15.0
    assert summary["cost_regret"] == pytest.approx(30.0 / 1500)  # not the mean of 0.03 and 0


def test_the_regret_of_trials_counts_the_tasks_steps_not_the_decisions():
    trials = [
        EpisodeResult("a", 1.0, 8.0, {"offline": 200, "new": 50}, 5, 1, 0.0),
        EpisodeResult("b", 2.0, 2.0, {"new": 250}, 5, 2, 0.0),
    ]
    summary = TrialsSummary("safety_gymnasium", "PointGoal1", "w", trials)
    assert summary.regret(action_repeat=4) == pytest.approx(10.0 / 2000)
    assert trials[0].share("new") == 0.2


def test_the_regret_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="run an episode first"):
        cost_regret([], [])


def test_the_interval_of_a_mean_is_wide_enough_for_few_values():
    """4.3027 standard errors of a mean of three, 2.0930 of one of twenty: Student's t."""
    error = 3**-0.5
    expected = (2 - 4.3027 * error, 2 + 4.3027 * error)
    assert mean_interval([1.0, 2.0, 3.0]) == pytest.approx(expected, abs=1e-4)
    low, high = mean_interval([float(i % 2) for i in range(20)])
    assert (high - low) / 2 == pytest.approx(2.0930 * (5 / 19) ** 0.5 / 20**0.5, rel=1e-4)
    assert mean_interval([1.0]) is None


def test_an_environment_of_amounts_is_reported_by_the_papers_three_metrics_and_no_rates():
    summary = report([outcome(0, 12.0, 30.0, 1000), outcome(1, 18.0, 0.0, 1000)])
    read_back = json.loads(json.dumps(summary))
    assert [title.split(":")[0] for title, *_ in rows(read_back)] == ["J_r", "J_c", "rho_c"]
    assert [value for _, value, _ in rows(read_back)] == ["15.00", "15.00", "0.0150"]
    assert table(read_back, None).splitlines()[1].split("  ")[0] == "J_r: reward of an episode"


def test_an_environment_with_a_target_is_reported_by_rates():
    results = [dataclasses.replace(outcome(0, 1.0, 1.0, 80), objective="reach")]
    assert [title.split(":")[0] for title, *_ in rows(report(results))] == ["SR", "CV", "safe SR"]
    assert "SR: target reached" in table(report(results), report(results))
