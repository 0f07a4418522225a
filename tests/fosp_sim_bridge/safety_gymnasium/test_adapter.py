from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.config import load_preset
from fosp_agent.types import Environment
from fosp_sim_bridge.safety_gymnasium.adapter import make


def test_point_goal_steps_with_six_tuples_and_repeats_from_its_seed() -> None:
    env = make("SafetyPointGoal1", cameras=("front",))
    robot: Environment = env
    runs = []
    for _ in range(2):
        observation, _ = robot.reset(seed=7)
        assert observation["image"].shape == (64, 64, 3)
        assert observation["pose"].shape == (0,)
        for _ in range(3):
            observation, reward, cost, terminated, truncated, _ = robot.step(
                np.array([0.5, 0.2], np.float32)
            )
        assert not terminated
        assert not truncated
        assert cost >= 0.0
        runs.append((observation["image"], reward))
    assert np.array_equal(runs[0][0], runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert (robot.action_size, robot.max_steps) == (2, 250)
    env.close()


def test_the_back_camera_adds_three_other_channels() -> None:
    env = make("PointGoal1")
    image = env.reset(seed=7)[0]["image"]
    assert image.shape == (64, 64, 6)
    assert not np.array_equal(image[..., :3], image[..., 3:])
    env.close()


def test_an_unknown_task_names_the_valid_ones() -> None:
    with pytest.raises(ValueError, match=r"Nonsense.*SafetyPointGoal1"):
        make("Nonsense")


def test_reward_and_cost_are_summed_over_the_action_repeat() -> None:
    totals = []
    for repeat, decisions in ((1, 60), (20, 3)):
        env = make("PointGoal1", cameras=("front",), action_repeat=repeat)
        env.reset(seed=0)
        steps = [env.step(np.array([1.0, 0.0]))[1:3] for _ in range(decisions)]
        totals.append(np.array(steps).reshape(3, -1, 2).sum(1))
        env.close()
    assert np.allclose(totals[0], totals[1])
    assert totals[0][:, 1].max() > 1.0  # a cost of several steps in one decision


@pytest.mark.parametrize("preset", ["gym_small", "gym_paper"])
def test_the_presets_fit_what_the_environment_shows_and_takes(preset: str) -> None:
    config = load_preset(preset)
    env = make("PointGoal1")
    shape = env.observation_space["image"].shape
    robot = config.robot
    assert (robot.image_size, robot.image_size, robot.image_channels) == shape
    assert (robot.pose_size, robot.action_size) == (0, env.action_size)
    assert robot.action_scale == tuple(env.action_scale)
    assert config.world_model.cost_head == "twohot"  # costs are sums over the action repeat
    assert (env.objective, env.action_repeat) == ("return", 4)
    env.close()
