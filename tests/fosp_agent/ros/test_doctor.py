"""Before the robot is armed the doctor says whether the policy is one for this robot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.control.checkup import Level
from fosp_agent.control.policy_fit import IMAGE, POSE, SCALE, Surface
from fosp_agent.ros.doctor import acts
from fosp_agent.training import weights

REAL = Surface((64, 64, 3), 6, (0.01, 0.01, 0.01, 0.05, 0.05, 0.05))
FITS = {IMAGE: Level.GREEN, POSE: Level.GREEN, SCALE: Level.GREEN}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    weights.fresh("small", path, seed=0)
    return path


def levels(policy: Path, robot: Surface, simulated: bool = False) -> dict[str, Level]:
    """The worst of each line's name."""
    found: dict[str, Level] = {}
    for finding in acts(policy, robot, simulated):
        found[finding.what] = max(finding.level, found.get(finding.what, Level.GREEN))
    return found


@pytest.mark.parametrize(
    ("line", "other"),
    [
        (IMAGE, {"image": (96, 96, 3)}),
        (IMAGE, {"image": (64, 64, 6)}),
        (POSE, {"pose_size": 0}),
        (SCALE, {"action_scale": (0.02, 0.02, 0.02, 0.05, 0.05, 0.05)}),
    ],
    ids=["size", "channels", "pose", "motion"],
)
def test_a_policy_for_another_camera_or_robot_is_a_red_line(
    policy: Path, line: str, other: dict[str, object]
):
    assert levels(policy, replace(REAL, **other)) == {
        "policy": Level.YELLOW, **FITS, line: Level.RED
    }  # fmt: skip


def test_the_simulators_camera_at_a_real_scene_is_pointed_out(policy: Path):
    assert levels(policy, REAL) == {"policy": Level.YELLOW, **FITS}
    assert levels(policy, REAL, simulated=True) == {"policy": Level.GREEN, **FITS}


def test_what_no_node_tells_is_not_compared(policy: Path):
    assert levels(policy, Surface(), simulated=True) == {"policy": Level.GREEN}


def test_a_file_that_is_no_policy_is_a_red_line(tmp_path: Path):
    (tmp_path / "weights.safetensors").write_bytes(b"nonsense")
    assert levels(tmp_path / "weights.safetensors", REAL) == {"policy": Level.RED}
