"""Behind the bridge the simulator moves exactly as it does in process."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_verdict import Request, RobotState
from fosp_agent.control.rotations import quaternion_from_rpy, rpy_from_quaternion
from fosp_sim_bridge.safereach.env import ACTION_SCALE, WORKSPACE_BOX, SafeReachEnv, make
from fosp_sim_bridge.simulation import Simulation, UnknownEnvironment, environment_maker

STEPS = 60


def pushing(env: SafeReachEnv, noise: np.random.Generator) -> np.ndarray:
    """An action (6,) towards the first obstacle: contacts amplify the smallest difference."""
    way = env.obstacle_positions[0] - env.pose[:3] + [0.0, 0.0, 0.01]
    action = np.concatenate([way / ACTION_SCALE[:3] / 2, np.zeros(3)])
    return np.clip(action + noise.normal(0, 0.5, 6), -1, 1).astype(np.float32)


def through_a_quaternion(pose: np.ndarray) -> np.ndarray:
    return np.array([*pose[:3], *rpy_from_quaternion(*quaternion_from_rpy(*pose[3:]))])


@pytest.mark.parametrize("seed", [3, 5, 11])
def test_gate_and_bridge_give_the_trajectory_of_the_environment(seed: int) -> None:
    alone, bridged = make("three_obstacles"), Simulation(environment_maker("safereach"))
    gate = CommandGate(GateConfig(box_min=tuple(WORKSPACE_BOX[0]), box_max=tuple(WORKSPACE_BOX[1])))
    observation, _ = alone.reset(seed=seed)
    frame = bridged.begin("e", "three_obstacles", seed, STEPS, 0)
    np.testing.assert_array_equal(frame.image, observation["image"])
    noise = np.random.default_rng(seed)
    for step in range(STEPS):
        action = pushing(alone, noise)
        observation, reward, cost, *_ = alone.step(action)
        normalized = action.astype(np.float64)
        stamp = step * 100_000_000
        asked = Request("e", step, stamp, "policy", normalized * ACTION_SCALE, normalized)
        assert frame.pose is not None
        verdict = gate.judge(asked, RobotState(stamp, "e", through_a_quaternion(frame.pose)))
        assert verdict.accepted, verdict.detail
        assert verdict.target is not None
        frame = bridged.reach(through_a_quaternion(verdict.target), stamp + 100_000_000)
        np.testing.assert_array_equal(frame.image, observation["image"])
        np.testing.assert_array_equal(frame.pose, alone.pose)
        assert (frame.reward, frame.cost, frame.step) == (reward, cost, step + 1)
    assert bridged.ended
    alone.close()
    bridged.close()


@pytest.mark.parametrize("aim", ["obstacle", "target"])
def test_the_bridge_feels_a_force_exactly_when_the_arm_touches_something(aim: str) -> None:
    """As an arm's own sensor would: of obstacles and target alike."""
    bridged, alone = Simulation(environment_maker("safereach")), make("original")
    alone.reset(seed=3)
    frame = bridged.begin("e", "original", 3, STEPS, 0)
    assert frame.force is not None
    assert not frame.force.any()
    touches = 0
    for step in range(STEPS):
        place = alone.obstacle_positions[0] if aim == "obstacle" else alone.target_position
        way = np.concatenate([(place - alone.pose[:3]) / ACTION_SCALE[:3], np.zeros(3)])
        *_, info = alone.step(np.clip(way, -1, 1).astype(np.float32))
        frame = bridged.reach(alone.pose, (step + 1) * 100_000_000)
        assert frame.force is not None
        touched = bool(info["obstacle_contact"] or info["touched_target"])
        assert touched == (float(np.linalg.norm(frame.force)) > 0.3)
        touches += info["obstacle_contact"] if aim == "obstacle" else info["touched_target"]
    assert touches > 5
    alone.close()
    bridged.close()


def test_the_gates_box_is_the_environments_own() -> None:
    """A target at the border is clipped to the same place by either."""
    env = make("original")
    env.reset(seed=0)
    gate = CommandGate(GateConfig(box_min=tuple(WORKSPACE_BOX[0]), box_max=tuple(WORKSPACE_BOX[1])))
    for step in range(60):
        action = np.array([1, 1, -1, 0.5, -0.5, 1.0])
        asked = Request("e", step, step * 100_000_000, "policy", action * ACTION_SCALE, action)
        verdict = gate.judge(asked, RobotState(step * 100_000_000, "e", env.pose))
        np.testing.assert_array_equal(verdict.target, env.pose_target(action))
        env.step_to(verdict.target)
    env.close()


def test_holding_takes_a_step_and_does_not_move() -> None:
    simulation = Simulation(environment_maker("safereach"), "original")
    before = simulation.begin("e", "original", 0, 80, 0)
    after = simulation.hold(100)
    assert after.step == 1
    np.testing.assert_allclose(after.pose, before.pose, atol=1e-6)
    simulation.close()


def test_unknown_names_list_the_valid_ones() -> None:
    with pytest.raises(UnknownEnvironment, match=r"'nowhere'.*safereach"):
        environment_maker("nowhere")
    with pytest.raises(UnknownEnvironment, match="three_obstacles"):
        Simulation(environment_maker("safereach"), "no_such_task")
