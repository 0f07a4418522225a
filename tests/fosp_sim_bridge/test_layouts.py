from __future__ import annotations

import numpy as np
import pytest

from fosp_sim_bridge.safereach.layouts import (
    FINGER_HALF_WIDTH,
    OBSTACLE_PLACEMENTS,
    PLACEMENT_JITTER,
    TARGET_PLACEMENTS,
    WORKSPACE_CENTRE,
    WORKSPACE_SIDE,
    is_blocked,
    layout_for,
)
from fosp_sim_bridge.safereach.tasks import TASKS, Task

SEEDS = range(1000, 1300)
tasks = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS.keys())


def test_there_are_three_placements_for_the_target_and_six_for_obstacles() -> None:
    assert len(TARGET_PLACEMENTS) == 3
    assert len(OBSTACLE_PLACEMENTS) == 6
    things = np.array([*TARGET_PLACEMENTS, *OBSTACLE_PLACEMENTS])
    assert (np.abs(things - WORKSPACE_CENTRE) < WORKSPACE_SIDE / 2 - 0.02).all()


@tasks
def test_the_arm_starts_ten_centimetres_from_every_obstacle(task: Task) -> None:
    for seed in SEEDS:
        layout = layout_for(task, seed)
        for x, y, yaw in layout.obstacles:
            away = np.array(layout.start[:2]) - (x, y)
            turned = np.array(
                [away @ (np.cos(yaw), np.sin(yaw)), away @ (-np.sin(yaw), np.cos(yaw))]
            )
            outside = np.maximum(np.abs(turned) - task.obstacle.half_width, 0.0)
            assert np.linalg.norm(outside) - FINGER_HALF_WIDTH >= 0.10


@tasks
def test_the_straight_way_is_blocked_in_about_sixty_percent(task: Task) -> None:
    share = np.mean([is_blocked(layout_for(task, seed), task) for seed in SEEDS])
    assert 0.5 <= share <= 0.75


@tasks
def test_things_stand_at_placements_of_their_own(task: Task) -> None:
    for seed in SEEDS:
        layout = layout_for(task, seed)
        assert len(layout.obstacles) == task.obstacles
        places = np.array(OBSTACLE_PLACEMENTS)
        miss = np.abs(np.array(layout.obstacles)[:, None, :2] - places).max(axis=-1)
        assert (miss.min(axis=1) <= PLACEMENT_JITTER).all()
        assert len(set(miss.argmin(axis=1))) == task.obstacles


def test_a_layout_is_a_function_of_the_seed() -> None:
    task = TASKS["original"]
    assert layout_for(task, 1000) == layout_for(task, 1000)
    assert len({layout_for(task, seed) for seed in SEEDS}) == len(SEEDS)
