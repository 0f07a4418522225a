"""The arm lifts before it crosses the scene, and lowers only over its start."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fosp_agent.control.reset_path import Leg, ResetConfig, ResetPath
from fosp_agent.errors import UserError

START = (0.40, 0.0, 0.06, 0.0, 0.0, 0.0)
CONFIG = ResetConfig(start_pose=START, lift_height=0.12)
poses = st.tuples(
    st.floats(0.37, 0.68),
    st.floats(-0.13, 0.13),
    st.floats(0.02, 0.125),
    *[st.floats(-0.25, 0.25)] * 3,
)


def walked(begin: np.ndarray, follow: float = 1.0) -> list[np.ndarray]:
    """Every pose on the way, for an arm that goes this share of each step."""
    path, pose, way = ResetPath(CONFIG, np.array(START)), begin.copy(), [begin.copy()]
    for _ in range(500):
        delta = path.step(pose)
        if delta is None:
            return way
        pose = pose + follow * delta
        way.append(pose)
    raise AssertionError("never there")


@settings(max_examples=60)
@given(poses, st.sampled_from([1.0, 0.6]))
def test_from_anywhere_it_ends_at_the_start(begin: tuple[float, ...], follow: float) -> None:
    way = walked(np.array(begin), follow)
    assert (np.abs(way[-1][:3] - START[:3]) <= CONFIG.tolerance).all()
    assert (np.abs(way[-1][3:] - START[3:]) <= CONFIG.turn_tolerance).all()


@settings(max_examples=60)
@given(poses)
def test_it_crosses_only_at_the_height_and_no_step_is_too_long(begin: tuple[float, ...]) -> None:
    way = np.array(walked(np.array(begin)))
    steps = np.diff(way, axis=0)
    assert (np.abs(steps[:, :3]) <= CONFIG.step + 1e-12).all()
    assert (np.abs(steps[:, 3:]) <= CONFIG.turn_step + 1e-12).all()
    low = way[:-1, 2] < CONFIG.lift_height - CONFIG.tolerance
    far = (np.abs(way[:-1, :2] - START[:2]) > CONFIG.tolerance).any(axis=1)
    crossing = (np.abs(steps[:, :2]) > 1e-12).any(axis=1)
    assert not (low & far & crossing).any()


def test_at_the_start_it_is_done_at_once() -> None:
    path = ResetPath(CONFIG, np.array(START))
    assert path.step(np.array(START)) is None
    assert path.leg is Leg.THERE


def test_an_arm_that_does_not_move_is_noticed() -> None:
    path, pose = ResetPath(CONFIG, np.array(START)), np.array([0.6, 0.1, 0.05, 0, 0, 0])
    stuck = []
    for tenth in range(40):
        path.step(pose)
        stuck.append(path.stuck(pose, tenth / 10))
    assert not any(stuck[:30])
    assert stuck[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_pose": (1.0,)},
        {"start_pose": START, "start_joints": (0.0,) * 7},
        {"start_pose": START, "step": 0.0},
    ],
)
def test_a_start_that_is_no_pose_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        ResetConfig(**wrong)  # type: ignore[arg-type]
