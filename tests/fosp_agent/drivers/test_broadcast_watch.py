"""An arm that others drive: contacts and silence end its readiness until it is recovered."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.drivers.broadcast_watch import BroadcastWatch, WatchConfig
from fosp_agent.drivers.contact import ContactConfig

CALM, HARD = np.zeros(6), np.array([0.0, 0.0, 25.0, 0.0, 0.0, 0.0])
CONTROLLER = WatchConfig().controller


@pytest.fixture
def watch() -> BroadcastWatch:
    made = BroadcastWatch(WatchConfig(), ContactConfig())
    made.pose(0.0)
    made.controllers({CONTROLLER})
    return made


def test_before_the_first_pose_and_without_its_controller_the_arm_is_not_ready() -> None:
    made = BroadcastWatch(WatchConfig(), ContactConfig())
    assert "no pose" in made.problem(0.0)
    made.pose(0.0)
    assert made.problem(0.1) == ""
    made.controllers({"joint_state_broadcaster"})
    assert CONTROLLER in made.problem(0.1)


def test_silence_is_an_error_that_stands_until_the_recovery(watch: BroadcastWatch) -> None:
    assert watch.problem(0.19) == ""
    assert "fell silent" in watch.problem(0.21)
    watch.pose(0.3)
    assert "fell silent" in watch.problem(0.31)
    watch.recovered()
    watch.pose(0.4)
    assert watch.problem(0.41) == ""


def test_a_lasting_force_is_a_contact_and_a_short_one_is_not(watch: BroadcastWatch) -> None:
    watch.wrench(HARD, 0.0)
    watch.wrench(CALM, 0.01)
    watch.wrench(HARD, 0.015)
    assert watch.problem(0.03) == ""
    watch.wrench(HARD, 0.04)
    watch.wrench(CALM, 0.05)
    assert "external force 25.0 N" in watch.problem(0.06)
