"""Before the robot is armed the doctor says whether the policy is one for this robot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.control.checkup import Level
from fosp_agent.ros.doctor import Robot, acts
from fosp_agent.training import weights

REAL = Robot(action_scale=(0.01, 0.01, 0.01, 0.05, 0.05, 0.05))


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    weights.fresh("small", path, seed=0)
    return path


def levels(policy: Path, robot: Robot) -> dict[str, Level]:
    """The worst of each line's name."""
    found: dict[str, Level] = {}
    for finding in acts(policy, robot):
        found[finding.what] = max(finding.level, found.get(finding.what, Level.GREEN))
    return found


@pytest.mark.parametrize(
    "other",
    [{"image": (96, 96, 3)}, {"image": (64, 64, 6)}, {"pose_size": 0}],
    ids=["size", "channels", "pose"],
)
def test_a_policy_for_another_camera_or_robot_is_a_red_line(policy: Path, other: dict[str, object]):
    assert levels(policy, replace(REAL, **other)) == {"policy": Level.RED}


def test_a_policy_that_means_other_motions_is_a_red_line(policy: Path):
    coarse = replace(REAL, action_scale=(0.02, 0.02, 0.02, 0.05, 0.05, 0.05))
    assert levels(policy, coarse)["action scale"] is Level.RED


def test_the_simulators_camera_at_a_real_scene_is_pointed_out(policy: Path):
    assert levels(policy, REAL) == {"policy": Level.YELLOW, "action scale": Level.GREEN}
    simulated = levels(policy, replace(REAL, simulated=True))
    assert simulated == {"policy": Level.GREEN, "action scale": Level.GREEN}


def test_a_file_that_is_no_policy_is_a_red_line(tmp_path: Path):
    (tmp_path / "weights.safetensors").write_bytes(b"nonsense")
    assert levels(tmp_path / "weights.safetensors", REAL) == {"policy": Level.RED}
