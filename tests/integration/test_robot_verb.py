"""What a person asks of the arm from a terminal is done, or refused with what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_agent.ros.operator import NoStack, Refused, call_robot, operator
from integration.stack import node

pytestmark = pytest.mark.integration


def test_hold_and_release_are_heard_and_a_reset_without_a_start_pose_says_what_is_missing(
    ros_domain: int, tmp_path: Path
) -> None:
    with (
        node("fosp_agent", "command_gate_node", ros_domain, tmp_path / "gate.log"),
        node("fosp_agent", "reset_node", ros_domain, tmp_path / "reset.log") as reset,
        operator() as person,
    ):
        assert call_robot(person, "hold", 30.0) == "held: every motion is vetoed"
        assert call_robot(person, "release", 30.0) == "let go"
        with pytest.raises(Refused, match=r"/reset was refused: no start pose is set: .*workspace"):
            call_robot(person, "reset", 30.0)
        assert reset.popen.poll() is None
        with pytest.raises(NoStack, match="/recover did not answer"):
            call_robot(person, "recover", 1.0)
