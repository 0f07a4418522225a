"""While a line of the preflight is red no episode starts, and the doctor says which."""

from __future__ import annotations

import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_message, stamped_pose
from fosp_agent.ros.qos import RELIABLE, images
from fosp_agent.training.weights import fresh
from integration.stack import Ear, Process, ear, node, wait_for

pytestmark = pytest.mark.integration
BOX = {"box_min": "[0.3, -0.2, 0.0]", "box_max": "[0.6, 0.2, 0.3]"}
LEAST = {"least_frames": 1.0, "least_poses": 2.0, "max_offset": 0.5, "frozen_after": 1.0}
WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("1 Hz are needed", {"encoding": ""}),
    ("image encoding 'mono8', expected rgb8", {"encoding": "mono8"}),
    ("image 64x65 rgb8 with row step 192 needs 12480 bytes, got 12288", {"height": 65}),
    ("the picture has not changed by a single value", {"still": True}),
    ("is in frame 'world', expected 'base'", {"frame": "world"}),
    ("are stamped 3", {"late": 3.0}),
)
"""What the session says, of what camera and arm send."""
POSE = np.array([0.4, 0.0, 0.1, 0.0, 0.0, 0.0])


class Robot:
    """A camera and an arm that can be made to send what nobody can use."""

    def __init__(self, handle: Node) -> None:
        self._frames = handle.create_publisher(Image, topics.IMAGE, images("reliable"))
        self._poses = handle.create_publisher(PoseStamped, topics.CURRENT_POSE, RELIABLE)
        self.show(encoding="")
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        handle.create_timer(0.05, self._send_frame, clock=steady)
        handle.create_timer(0.02, self._send_pose, clock=steady)
        self._rng = np.random.default_rng(0)
        self._pixels = np.zeros((64, 64, 3), np.uint8)

    def show(
        self,
        encoding: str = "rgb8",
        height: int = 64,
        still: bool = False,
        frame: str = "base",
        late: float = 0.0,
    ) -> None:
        """From now on: no encoding is no picture; ``frame`` of the poses; all stamps late [s]."""
        self._encoding, self._height, self._still = encoding, height, still
        self._frame, self._late_ns = frame, int(late * 1e9)

    def _send_frame(self) -> None:
        if self._encoding:
            if not self._still:
                self._pixels = self._rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
            message = image_message(self._pixels, time.time_ns() - self._late_ns)
            message.encoding, message.height = self._encoding, self._height
            self._frames.publish(message)

    def _send_pose(self) -> None:
        stamp_ns = time.time_ns() - self._late_ns
        self._poses.publish(stamped_pose(POSE, stamp_ns, self._frame))


def start(listener: Ear) -> Trigger.Response:
    client = listener.node.create_client(Trigger, topics.START_EPISODE)
    try:
        wait_for(client.service_is_ready, 20, "the session is there")
        future = client.call_async(Trigger.Request())
        wait_for(future.done, 20, "the session answers")
        return future.result()
    finally:
        listener.node.destroy_client(client)


def test_no_episode_starts_on_a_red_line_and_one_does_when_all_are_green(
    ros_domain: int, tmp_path: Path
) -> None:
    session = {"task": "original", "require_preflight": True, "require_policy": False}
    gate = ("fosp_agent", "command_gate_node", ros_domain)
    watcher = ("fosp_agent", "observation_node", ros_domain, tmp_path / "observation.log")
    with (
        ear(ros_domain) as listener,
        node(
            "fosp_agent", "session_node", ros_domain, tmp_path / "session.log",
            run_dir=tmp_path, **session,
        ),
    ):  # fmt: skip
        with node(*gate, tmp_path / "gate.log"):
            wait_for(lambda: "box_min" in start(listener).message, 20, "the missing box is named")
            the_doctor_is_red(ros_domain, tmp_path, "not set: the gate refuses to arm")
        with node(*gate, tmp_path / "gate2.log", **BOX), node(*watcher, **LEAST):
            wait_for(
                lambda: "published by nobody" in start(listener).message, 20, "no camera is named"
            )
            robot = Robot(listener.node)
            for words, wrong in WRONG:
                robot.show(**wrong)
                wait_for(lambda: words in start(listener).message, 20, f"it says {words!r}")
            with node("fosp_agent", "session_node", ros_domain, tmp_path / "second.log", **session):
                words = "session_state is published by /session_node, /session_node"
                wait_for(lambda: words in start(listener).message, 20, "two sessions are named")
                robot.show()
                alone = f"preflight: one publisher: /{words}"
                wait_for(lambda: alone in start(listener).message, 20, "they alone are red")
            wait_for(lambda: start(listener).success, 20, "an episode starts when all is green")


MISFITS = (
    ("action scale: policy: 0.01", {"action_scale": "[0.02, 0.02, 0.02, 0.05, 0.05, 0.05]"}, {}),
    ("image: policy: 64x64x3; robot: 32x32x3", {}, {"image_size": 32}),
)
"""What the session says, of which parameters of the gate and of observation_node."""


def test_no_episode_starts_with_a_policy_for_another_robot(ros_domain: int, tmp_path: Path) -> None:
    weights = tmp_path / "tiny.safetensors"
    fresh("tiny", weights)
    session = {"task": "original", "require_preflight": True, "run_dir": tmp_path}
    running = partial(node, "fosp_agent")
    with (
        ear(ros_domain) as listener,
        running("session_node", ros_domain, tmp_path / "session.log", **session),
        running("policy_node", ros_domain, tmp_path / "policy.log", weights=weights),
    ):
        Robot(listener.node).show()
        for words, gate, watcher in (*MISFITS, ("", {}, {})):
            with (
                running("command_gate_node", ros_domain, tmp_path / "gate.log", **BOX, **gate),
                running("observation_node", ros_domain, tmp_path / "o.log", **LEAST, **watcher),
            ):
                said = partial(start, listener)
                if words:
                    wait_for(lambda: words in said().message, 30, f"it says {words!r}")
                    the_doctor_is_red(ros_domain, tmp_path, words.partition(":")[0])
                else:
                    wait_for(lambda: said().success, 30, "an episode starts when the policy fits")


def the_doctor_is_red(domain: int, folder: Path, words: str) -> None:
    """It listens longer where a busy machine has not shown it everything yet."""
    command = [sys.executable, "-m", "fosp_agent.cli.main", "doctor", "--seconds"]
    for seconds in ("1", "4", "12"):
        process = Process([*command, seconds], folder / f"doctor-{seconds}.log", domain)
        assert process.wait(60) == 1
        table = " ".join(process.output.replace("│", " ").split())
        assert "the robot must not be armed" in table
        if words.split()[0] in table:
            return
    raise AssertionError(f"the doctor never says {words.split()[0]!r}: {table}")
