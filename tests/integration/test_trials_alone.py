"""An operator without a stack is told what is missing, and may leave quietly."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import Heartbeat

from fosp_agent.ros.qos import HEARTBEATS
from integration.stack import ear, node, wait_for

pytestmark = pytest.mark.integration


def test_missing_nodes_are_named_with_the_remedy(ros_domain: int, tmp_path: Path) -> None:
    with node(
        "fosp_agent",
        "trials_node",
        ros_domain,
        tmp_path / "trials.log",
        run_dir=tmp_path / "run",
        weights=tmp_path / "none.safetensors",
        tests=0,
        start_patience=4.0,
    ) as trials:
        assert trials.wait(30) == 1
    assert "trainer_node missing for more than 2 s" in trials.output
    assert "start again with the same run_dir" in trials.output


def test_an_interrupt_ends_it_as_every_node_and_says_how_to_go_on(
    ros_domain: int, tmp_path: Path
) -> None:
    """`ros2 launch` calls any other exit code than 0 a death."""
    run_dir, weights = tmp_path / "run", tmp_path / "none.safetensors"
    with (
        ear(ros_domain) as listener,
        node(
            "fosp_agent", "trials_node", ros_domain, tmp_path / "trials.log",
            run_dir=run_dir, weights=weights, tests=0, start_patience=300.0,
        ) as trials,
    ):  # fmt: skip
        beats = listener.listen(Heartbeat, "heartbeat", HEARTBEATS)
        wait_for(lambda: "trials_node" in {beat.node for beat in beats}, 60, "the node lives")
        trials.popen.send_signal(signal.SIGINT)
        assert trials.wait(20) == 0, trials.output
    assert f"to go on: start again with run_dir:={run_dir}" in trials.output
    assert "Traceback" not in trials.output
