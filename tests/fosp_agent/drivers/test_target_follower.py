"""The arm moves only while targets come, only near where it is, and recovers only on request."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fosp_agent.drivers.arm import ArmError, ArmMode, ArmState
from fosp_agent.drivers.contact import ContactConfig
from fosp_agent.drivers.target_follower import FollowerConfig, TargetFollower

HOME = np.array([0.5, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0])
ZERO = np.zeros(7)


class Recorded:
    """An arm that notes what it is told."""

    def __init__(self) -> None:
        self.state = ArmState(HOME.copy(), ZERO, ZERO, ZERO, np.zeros(6), ArmMode.IDLE)
        self.told: list[str] = []
        self.gone = False

    def read(self) -> ArmState:
        if self.gone:
            raise ArmError("the arm is gone")
        return self.state

    def move_to(self, pose: np.ndarray) -> None:
        assert pose.shape == (7,)
        self.told.append("move")

    def stop(self) -> None:
        self.told.append("stop")

    def recover(self) -> None:
        self.told.append("recover")
        self.state = replace(self.state, mode=ArmMode.IDLE, errors=())

    def close(self) -> None:
        self.told.append("close")


@pytest.fixture
def arm() -> Recorded:
    return Recorded()


@pytest.fixture
def follower(arm: Recorded) -> TargetFollower:
    made = TargetFollower(arm, FollowerConfig(), ContactConfig())
    made.look(0.0)
    return made


def near(offset: float = 0.01) -> np.ndarray:
    return HOME + np.array([offset, 0, 0, 0, 0, 0, 0])


def test_the_arm_stops_when_targets_stop_and_only_then(
    arm: Recorded, follower: TargetFollower
) -> None:
    assert follower.follow(near(), 0.0) == ""
    follower.look(0.19)
    assert arm.told == ["move"]
    follower.look(0.21)
    follower.look(0.5)
    assert arm.told == ["move", "stop"]


@pytest.mark.parametrize(
    "target",
    [
        near(0.2),
        np.array([0.5, 0, 0.3, 0, 0, 1.0, 0]),
        np.array([np.nan, 0, 0.3, 1, 0, 0, 0]),
        np.array([0.5, 0, 0.3, 0, 0, 0, 0]),
    ],
)
def test_a_target_far_away_or_no_pose_is_refused(
    arm: Recorded, follower: TargetFollower, target: np.ndarray
) -> None:
    assert follower.follow(target, 0.0)
    assert arm.told == []


def test_a_quaternion_and_its_negative_are_the_same_target(follower: TargetFollower) -> None:
    assert follower.follow(HOME * np.array([1, 1, 1, -1, -1, -1, -1]), 0.0) == ""


def test_after_a_reflex_nothing_is_followed_until_somebody_asks_for_the_recovery(
    arm: Recorded, follower: TargetFollower
) -> None:
    arm.state = replace(arm.state, mode=ArmMode.REFLEX, errors=("cartesian_reflex",))
    report = follower.look(0.1)
    assert not report.ready
    assert "cartesian_reflex" in report.detail
    arm.state = replace(arm.state, mode=ArmMode.IDLE, errors=())
    for tick in range(100):
        assert not follower.look(0.2 + tick / 100).ready
    assert follower.follow(near(), 2.0)
    assert arm.told == []
    follower.recover()
    assert follower.look(2.1).ready
    assert follower.follow(near(), 2.1) == ""


def test_a_lasting_force_stops_the_arm_and_a_short_one_does_not(
    arm: Recorded, follower: TargetFollower
) -> None:
    calm, pushed = arm.state, replace(arm.state, wrench=np.array([0, 0, 30.0, 0, 0, 0]))
    arm.state = pushed
    assert follower.look(0.1).ready
    arm.state = calm
    assert follower.look(0.11).ready
    arm.state = pushed
    follower.look(0.2)
    report = follower.look(0.23)
    assert not report.ready
    assert "external force 30.0 N" in report.detail
    assert arm.told == ["stop"]


def test_a_lost_connection_is_named_and_not_waited_for_again(
    arm: Recorded, follower: TargetFollower
) -> None:
    arm.gone = True
    assert follower.look(0.1).state is None
    assert "gone" in follower.look(0.2).detail
    arm.gone = False
    assert follower.look(0.3).state is None
    follower.recover()
    assert follower.look(0.4).ready
