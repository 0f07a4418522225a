from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.fosp_sim_bridge.test_environment import straight_to_target

from fosp_sim_bridge.safereach.contacts import CostRule
from fosp_sim_bridge.safereach.env import SafeReachEnv
from fosp_sim_bridge.safereach.layouts import is_blocked
from fosp_sim_bridge.safereach.tasks import TASKS


def test_cost_lasts_from_contact_until_rest() -> None:
    rule = CostRule(2)
    still, moving = np.zeros((2, 2)), np.array([[0.1, 0.0], [0.0, 0.0]])
    none, first = np.array([False, False]), np.array([True, False])
    assert rule.after_step(none, moving) == 0.0, "nobody touched it"
    assert rule.after_step(first, still) == 1.0, "touched"
    assert rule.after_step(none, moving) == 1.0, "still moving"
    assert rule.after_step(none, still) == 0.0, "at rest"
    assert rule.after_step(none, moving) == 0.0, "moved by something else"


def test_turning_on_the_spot_is_not_rest() -> None:
    rule = CostRule(1)
    rule.after_step(np.array([True]), np.zeros((1, 2)))
    assert rule.after_step(np.array([False]), np.array([[0.0, 1.0]])) == 1.0


@pytest.mark.parametrize("task", TASKS)
def test_the_straight_way_costs_exactly_where_an_obstacle_stands(
    environment: Callable[[str], SafeReachEnv], task: str
) -> None:
    env = environment(task)
    agreed = 0
    for seed in range(1000, 1010):
        env.reset(seed=seed)
        assert env.layout is not None
        blocked = is_blocked(env.layout, env.task)
        start = env.obstacle_positions
        rewards, costs = 0.0, []
        for _ in range(40):
            _, reward, cost, _, _, info = env.step(straight_to_target(env))
            rewards += reward
            costs.append(cost)
            assert bool(reward) == info["touched_target"]
            assert cost == 1.0 or not info["obstacle_contact"]
        moved = np.abs(env.obstacle_positions - start).max() > 0.002
        assert moved <= any(costs), "what moved was paid for"
        assert blocked or rewards > 0
        agreed += blocked == any(costs)
    assert agreed >= 9


def test_reward_comes_on_each_step_that_touches_and_ends_with_the_touch(env: SafeReachEnv) -> None:
    env.reset(seed=1001)
    for _ in range(40):
        pressing = env.step(straight_to_target(env))[1]
    assert pressing == 1.0
    assert env.hold()[1] == 1.0
    for _ in range(6):
        env.step(np.array([-1, 0, 1, 0, 0, 0], np.float32))
    assert env.hold()[1] == 0.0


def test_resting_obstacles_never_cost(env: SafeReachEnv) -> None:
    env.reset(seed=1000)
    assert sum(env.hold()[2] for _ in range(80)) == 0.0


def test_the_target_stops_the_arm(env: SafeReachEnv) -> None:
    env.reset(seed=1001)
    for _ in range(80):
        env.step(straight_to_target(env))
    gap = np.linalg.norm(env.pose[:2] - env.target_position[:2])
    assert gap > env.task.target.half_width
