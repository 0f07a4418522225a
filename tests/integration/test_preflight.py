"""While a line of the preflight is red no episode starts, and the doctor says which."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from geometry_msgs.msg import PoseStamped
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from fosp_agent.ros import topics
from fosp_agent.ros.qos import RELIABLE, images
from integration.stack import Ear, Process, ear, node, wait_for

pytestmark = pytest.mark.integration
BOX = {"box_min": "[0.3, -0.2, 0.0]", "box_max": "[0.6, 0.2, 0.3]"}


def start(listener: Ear) -> Trigger.Response:
    client = listener.node.create_client(Trigger, topics.START_EPISODE)
    wait_for(client.service_is_ready, 20, "the session answers")
    future = client.call_async(Trigger.Request())
    wait_for(future.done, 20, "the session answers")
    return future.result()


def test_no_episode_starts_on_a_red_line_and_one_does_when_all_are_green(
    ros_domain: int, tmp_path: Path
) -> None:
    session = {"task": "original", "require_preflight": True, "require_policy": False}
    gate = ("fosp_agent.ros", "command_gate_node", ros_domain)
    with (
        ear(ros_domain) as listener,
        node(
            "fosp_agent.ros", "session_node", ros_domain, tmp_path / "session.log",
            run_dir=tmp_path, **session,
        ),
    ):  # fmt: skip
        with node(*gate, tmp_path / "gate.log"):
            wait_for(lambda: "box_min" in start(listener).message, 20, "the missing box is named")
            the_doctor_is_red(ros_domain, tmp_path, "not set: the gate refuses to arm")
        with node(*gate, tmp_path / "gate2.log", **BOX):
            wait_for(
                lambda: "published by nobody" in start(listener).message, 20, "no camera is named"
            )
            listener.node.create_publisher(Image, topics.IMAGE, images("reliable"))
            listener.node.create_publisher(PoseStamped, topics.CURRENT_POSE, RELIABLE)
            wait_for(lambda: start(listener).success, 20, "an episode starts when all is green")


def the_doctor_is_red(domain: int, folder: Path, words: str) -> None:
    command = [sys.executable, "-m", "fosp_agent.cli.main", "doctor", "--seconds", "1"]
    process = Process(command, folder / "doctor.log", domain)
    assert process.wait(60) == 1
    table = " ".join(process.output.replace("│", " ").split())
    assert "the robot must not be armed" in table
    assert words.split()[0] in table
