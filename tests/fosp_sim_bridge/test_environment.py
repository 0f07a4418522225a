from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from fosp_agent.types import Environment
from fosp_sim_bridge.safereach.arm import HOME
from fosp_sim_bridge.safereach.env import ACTION_SCALE, MAX_STEPS, SafeReachEnv, make
from fosp_sim_bridge.safereach.kinematics import ArmKinematics, matrix_from_rpy, rpy_from_matrix
from fosp_sim_bridge.safereach.tasks import TASKS


def straight_to_target(env: SafeReachEnv) -> np.ndarray:
    """Greedy action towards the target, whatever is in the way."""
    away = (env.target_position - env.pose[:3]) / ACTION_SCALE[:3]
    return np.array([*(away / max(np.abs(away).max(), 1.0)), 0, 0, 0], np.float32)


def rollout(env: SafeReachEnv, seed: int, steps: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    observation, _ = env.reset(seed=seed)
    rows: list[tuple[Any, ...]] = [(observation["image"], env.pose, 0.0, 0.0)]
    for _ in range(steps):
        action = straight_to_target(env) + rng.normal(0, 0.3, 6).astype(np.float32)
        observation, reward, cost, *_ = env.step(action)
        rows.append((observation["image"], env.pose, reward, cost))
    names = ("image", "pose", "reward", "cost")
    return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(names)}


def test_same_seed_and_actions_give_bit_equal_episodes_also_after_others(
    env: SafeReachEnv,
) -> None:
    first = rollout(env, seed=1003)
    rollout(env, seed=1008)
    fresh = make("original")
    for other in (rollout(env, seed=1003), rollout(fresh, seed=1003)):
        for name, values in first.items():
            assert np.array_equal(values, other[name]), name
    fresh.close()
    assert first["cost"].any()


@pytest.mark.parametrize("task", TASKS)
def test_every_task_builds_and_shows_red_green_and_white(
    environment: Callable[[str], SafeReachEnv], task: str
) -> None:
    observation, _ = environment(task).reset(seed=1000)
    image = observation["image"].astype(int)
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    assert image.shape == (64, 64, 3)
    assert ((red > 100) & (green < 70) & (blue < 70)).sum() > 15
    assert ((green > 90) & (red < 70)).sum() > 40
    assert (image.min(axis=-1) > 200).sum() > 30


def test_an_unknown_task_names_the_valid_ones() -> None:
    with pytest.raises(ValueError, match=r"nonsense.*original.*three_obstacles"):
        make("nonsense")


def test_step_is_step_to_pose_target(env: SafeReachEnv) -> None:
    rng = np.random.default_rng(5)
    actions = rng.uniform(-1, 1, (25, 6)).astype(np.float32)
    env.reset(seed=1002)
    stepped = [env.step(action)[0] for action in actions]
    env.reset(seed=1002)
    targeted = [env.step_to(env.pose_target(action))[0] for action in actions]
    for one, other in zip(stepped, targeted, strict=True):
        assert np.array_equal(one["image"], other["image"])
        assert np.array_equal(one["pose"], other["pose"])


def test_the_arm_goes_where_it_is_sent_and_hold_stays(env: SafeReachEnv) -> None:
    env.reset(seed=1001)
    rng = np.random.default_rng(2)
    for _ in range(30):
        target = env.pose_target(rng.uniform([-0.3, -1, -1, -1, -1, -1], 1))
        env.step_to(target)
        if env.pose[0] < 0.5:
            assert np.abs(env.pose - target).max() < 1e-4
    before = env.pose
    env.hold()
    assert np.abs(env.pose - before).max() < 1e-5


def test_no_command_leaves_the_workspace_box(env: SafeReachEnv) -> None:
    env.reset(seed=1004)
    low, high = env.workspace_box
    for _ in range(40):
        env.step(np.array([0, 1, -1, 1, -1, 1], np.float32))
    assert (env.pose >= low - 1e-3).all()
    assert (env.pose <= high + 1e-3).all()


def test_a_step_moves_at_most_a_centimetre_an_axis(env: SafeReachEnv) -> None:
    env.reset(seed=1005)
    for _ in range(20):
        before = env.pose
        env.step(np.full(6, 5.0, np.float32))
        assert np.abs(env.pose[:3] - before[:3]).max() < 0.0105


def test_an_episode_is_eighty_steps_and_truncates_without_terminating(env: SafeReachEnv) -> None:
    env.reset(seed=1006)
    ends = [env.hold()[3:5] for _ in range(MAX_STEPS)]
    assert ends == [(False, False)] * (MAX_STEPS - 1) + [(False, True)]


@pytest.mark.parametrize("bad", [np.zeros(5), np.full(6, np.nan), np.array([np.inf] + [0] * 5)])
def test_a_bad_action_is_refused_and_changes_nothing(env: SafeReachEnv, bad: np.ndarray) -> None:
    env.reset(seed=1007)
    before = env.pose
    with pytest.raises(ValueError, match="6 finite numbers"):
        env.step(bad)
    with pytest.raises(ValueError, match="6 finite numbers"):
        env.step_to(bad)
    assert np.array_equal(env.pose, before)


def test_the_environment_fits_the_protocol(env: SafeReachEnv) -> None:
    robot: Environment = env
    assert robot.action_size == 6
    assert robot.max_steps == 80


class _FiveTuple(gymnasium.Env):  # type: ignore[misc]
    """Drops the cost, for Gymnasium's checker."""

    def __init__(self, env: SafeReachEnv) -> None:
        self.env = env
        self.action_space, self.observation_space = env.action_space, env.observation_space
        self.metadata, self.render_mode = env.metadata, env.render_mode

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self.env.reset(seed=seed, options=options)

    def step(self, action: np.ndarray) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, _, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, info

    def render(self) -> np.ndarray:
        return self.env.render()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_gymnasiums_checker_passes(env: SafeReachEnv) -> None:
    check_env(_FiveTuple(env), skip_render_check=True)


def test_inverse_kinematics_inverts_all_of_the_workspace_box(env: SafeReachEnv) -> None:
    arm = ArmKinematics()
    env.reset(seed=1000)
    start = arm.solve(np.array(HOME), env.pose, iterations=80)
    low, high = env.workspace_box
    worst = 0.0
    for pose in np.random.default_rng(0).uniform(low, high, (40, 6)):
        joints, here = start, arm.pose(start)
        for share in np.linspace(0.1, 1.0, 10):
            joints = arm.solve(joints, here + share * (pose - here), iterations=10)
        worst = max(worst, float(np.abs(arm.pose(joints) - pose).max()))
    assert worst < 1e-3


def test_a_hand_straight_down_has_zero_angles_far_from_where_they_wrap(env: SafeReachEnv) -> None:
    env.reset(seed=1000)
    assert np.abs(env.pose[3:]).max() < 1e-4
    angles = np.array([0.2, -0.1, 0.3])
    assert np.allclose(rpy_from_matrix(matrix_from_rpy(angles)), angles)
