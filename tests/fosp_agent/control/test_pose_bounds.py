"""The arm keeps to the poses that imagination keeps to: actions are cut as it cuts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.control.pose_bounds import PoseBounds, pose_bounds
from fosp_agent.settings import ConfigError
from fosp_agent.training.weights import load_weights
from fosp_agent.types import Batch, Decision, FloatArray

LOW = np.array([0.37, -0.12, 0.026], np.float32)
HIGH = np.array([0.68, 0.12, 0.12], np.float32)
SCALE = np.array([0.01, 0.01, 0.05], np.float32)
BOX = PoseBounds(LOW, HIGH, SCALE)
ROUNDING = 1e-6
LENGTH = 6
SETTINGS = {
    "robot.pose_low": (0.5, -0.1, 0.06, -0.1, -0.1, -0.1),
    "robot.pose_high": (0.56, 0.1, 0.08, 0.1, 0.1, 0.1),
}

actions = arrays(np.float32, 3, elements=st.floats(-1, 1, width=32))
poses = arrays(np.float32, 3, elements=st.floats(-1, 1, width=32))


@given(action=actions, pose=poses)
def test_no_action_leads_farther_out_of_the_box(action: FloatArray, pose: FloatArray):
    after = pose + BOX.within(action, pose) * SCALE
    assert (after >= np.minimum(LOW, pose) - ROUNDING).all()
    assert (after <= np.maximum(HIGH, pose) + ROUNDING).all()


@given(action=actions, pose=poses)
def test_an_action_is_only_ever_shortened(action: FloatArray, pose: FloatArray):
    cut = BOX.within(action, pose)
    assert (np.abs(cut) <= np.abs(action)).all()
    assert (cut * action >= 0).all()


@given(action=actions, share=arrays(np.float32, 3, elements=st.floats(0.25, 0.75, width=32)))
def test_one_that_stays_inside_is_what_it_was(action: FloatArray, share: FloatArray):
    pose = LOW + share * (HIGH - LOW)
    small = (action * 0.4).astype(np.float32)
    assert np.array_equal(BOX.within(small, pose), small)


def test_from_outside_the_box_the_arm_may_come_back():
    pose = np.array([0.30, 0.30, 0.20], np.float32)
    back = np.array([1.0, -1.0, -1.0], np.float32)
    assert BOX.within(back, pose).tolist() == back.tolist()
    assert BOX.within(-back, pose).tolist() == [0.0, 0.0, 0.0]


def test_a_bound_of_another_size_than_the_pose_is_refused(make_config):
    with pytest.raises(ConfigError, match=r"robot.pose_low has 2 numbers, robot.pose_size is 6;"):
        make_config({"robot.pose_low": (0.0, 0.0), "planning.keep_to_poses": True})


def test_poses_that_actions_do_not_move_are_refused(make_config):
    wheels = {"robot.action_size": 2, "robot.action_scale": (1.0, 1.0)}
    config = make_config(SETTINGS | wheels | {"planning.keep_to_poses": True})
    with pytest.raises(ConfigError, match=r"actions that move the pose, .*; switch it off"):
        pose_bounds(config)


def test_a_robot_without_bounds_is_left_alone(make_config):
    assert pose_bounds(make_config({"planning.keep_to_poses": True})) is None


def test_one_bound_alone_holds(make_config):
    settings = {"robot.pose_low": SETTINGS["robot.pose_low"], "planning.keep_to_poses": True}
    box = pose_bounds(make_config(settings))
    assert box is not None
    pose = np.array(SETTINGS["robot.pose_low"], np.float32)
    up = np.ones(6, np.float32)
    assert box.within(up, pose).tolist() == up.tolist()
    assert box.within(-up, pose).tolist() == [0.0] * 6


@pytest.fixture
def batch(make_batch) -> Batch:
    return make_batch(1, LENGTH)


def decisions(
    weights: Path, batch: Batch, poses: FloatArray, **settings: Any
) -> list[tuple[FloatArray, Decision]]:
    """Each pose with what was decided there."""
    overrides = {f"planning.{name}": value for name, value in settings.items()}
    runner = PolicyRunner.from_file(weights, overrides={"expansion.candidates": 4} | overrides)
    acted = [runner.act(batch.image[0, t], poses[t]) for t in range(LENGTH)]
    return list(zip(poses, acted, strict=True))


def at_the_edges() -> FloatArray:
    """Poses (T, 6) at the lower and the upper bounds in turn."""
    ends = [SETTINGS["robot.pose_low"], SETTINGS["robot.pose_high"]]
    return np.array([ends[t % 2] for t in range(LENGTH)], np.float32)


PLANS = {"horizon": 4, "violation_limit": 0.0, "detour": (1.0, 1.0, 1.0), "commitment": 0.1}


@pytest.mark.parametrize("planning", [{}, PLANS], ids=["values", "planning"])
def test_a_policy_kept_to_its_poses_commands_none_beyond(make_weights, batch, planning):
    weights = make_weights(SETTINGS)
    low, high = (np.array(x, np.float32) for x in SETTINGS.values())
    scale = np.array(load_weights(weights).config.robot.action_scale, np.float32)
    left = 0
    for pose, decision in decisions(weights, batch, at_the_edges(), **planning):
        after = pose + decision.action * scale
        left += bool(((after < low - ROUNDING) | (after > high + ROUNDING)).any())
    assert left == LENGTH, "without it every decision leaves, else this shows nothing"

    for pose, decision in decisions(weights, batch, at_the_edges(), keep_to_poses=True, **planning):
        assert np.array_equal(decision.action, decision.candidates[decision.chosen].action)
        for candidate in decision.candidates:
            after = pose + candidate.action * scale
            assert (after >= low - ROUNDING).all()
            assert (after <= high + ROUNDING).all()


def test_candidates_are_cut_before_they_are_judged(make_weights, batch, monkeypatch):
    """What the values were asked about is what acts."""
    weights = make_weights(SETTINGS)
    runner = PolicyRunner.from_file(weights, overrides={"planning.keep_to_poses": True})
    judged: list[torch.Tensor] = []
    judge = runner._networks.judge

    def watched(proposals: Any, **how: Any) -> Any:
        judged.append(proposals.actions)
        return judge(proposals, **how)

    monkeypatch.setattr(runner._networks, "judge", watched)
    decision = runner.act(batch.image[0, 0], at_the_edges()[0])
    asked = judged[0].numpy()
    assert np.array_equal(asked, np.stack([c.action for c in decision.candidates]))


@torch.inference_mode()
def test_it_is_what_kinematic_imagination_takes_the_action_for(make_weights):
    """From the edge of the box a cut action and the whole one lead to the same imagined pose."""
    kinematic = {"world_model.direct_pose": True, "world_model.imagination": "kinematic"}
    model = load_weights(make_weights(SETTINGS | kinematic)).networks.world_model
    low, high = (np.array(x, np.float32) for x in SETTINGS.values())
    scale = np.array([0.01] * 3 + [0.05] * 3, np.float32)
    box = PoseBounds(low, high, scale)
    action = np.linspace(-1, 1, 6, dtype=np.float32)
    for pose in (low, high):
        state = model.with_pose(model.rssm.initial(1), torch.from_numpy(pose[None]), None)
        cut = box.within(action, pose)
        whole, less = (
            model.rssm.imagine_step(state, torch.from_numpy(one[None])).pose
            for one in (action, cut)
        )
        assert not np.array_equal(cut, action)
        torch.testing.assert_close(whole, less)
