"""Ctrl-C at any moment, once or twice, ends a node quietly."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

from fosp_msgs.msg import Heartbeat
from sensor_msgs.msg import Image

from fosp_agent.ros import topics
from fosp_agent.ros.qos import HEARTBEATS, images
from integration.stack import ROOT, Process, ear, node, wait_for

pytestmark = pytest.mark.integration
EXECUTABLES = ROOT / "install"


def start(package: str, name: str, domain: int, log: Path) -> Process:
    """A node by its executable, as both launchers start it."""
    executable = EXECUTABLES / package / "lib" / package / name
    parameters = ["--ros-args", "-p", f"run_dir:={log.parent / 'run'}"]
    parameters += ["-p", "port:=0", "-p", f"weights:={log.parent / 'none'}"]
    parameters += ["-p", "tests:=0"]  # which that file would not pass
    return Process([str(executable), *parameters], log, domain)


def ends_quietly(process: Process) -> None:
    try:
        assert process.wait(20) == 0, process.output
        assert "Traceback" not in process.output
    finally:
        process.stop()


def test_further_interrupts_do_not_disturb_the_end_after_the_first(
    ros_domain: int, tmp_path: Path
) -> None:
    """A terminal interrupts every process, and `ros2 launch` passes the signal on besides."""
    names = ["command_gate_node", "recorder_node", "session_node", "observation_node"]
    names += ["console_node", "trials_node"]
    with ear(ros_domain) as listener:
        beats = listener.listen(Heartbeat, "heartbeat", HEARTBEATS)
        nodes = [start("fosp_agent", name, ros_domain, tmp_path / name) for name in names]
        try:
            wait_for(lambda: {beat.node for beat in beats} >= set(names), 60, "the nodes live")
        except AssertionError:
            for process in nodes:
                process.stop()
            raise
    deadline = time.monotonic() + 20.0
    while (alive := [one for one in nodes if one.popen.poll() is None]) and (
        time.monotonic() < deadline
    ):
        for process in alive:
            process.popen.send_signal(signal.SIGINT)
        time.sleep(0.002)
    for process in nodes:
        ends_quietly(process)


def test_an_interrupt_while_a_node_is_still_being_imported_ends_it_quietly(
    ros_domain: int, tmp_path: Path
) -> None:
    process = start("fosp_agent", "policy_node", ros_domain, tmp_path / "log")
    maps = Path(f"/proc/{process.popen.pid}/maps")
    wait_for(lambda: "numpy" in maps.read_text(), 30, "the node imports")
    process.popen.send_signal(signal.SIGINT)
    ends_quietly(process)


def test_a_camera_whose_frames_keep_coming_ends_quietly(ros_domain: int, tmp_path: Path) -> None:
    """The camera's thread goes on for a moment after the signal."""
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (64, 48))
    for picture in np.random.default_rng(0).integers(0, 256, (30, 48, 64, 3)).astype(np.uint8):
        writer.write(picture)
    writer.release()
    replay = {"source": "replay", "replay": film, "replay_speed": 30.0}
    with (
        ear(ros_domain) as listener,
        node("fosp_agent", "camera_node", ros_domain, tmp_path / "log", **replay) as camera,
    ):
        frames = listener.listen(Image, topics.IMAGE, images("best_effort"))
        wait_for(lambda: len(frames) > 100, 60, "frames come")
        camera.popen.send_signal(signal.SIGINT)
        ends_quietly(camera)


IN_MID_CONVERSION = """
import signal
from rclpy.node import Node
from fosp_agent.ros.spin import interrupt_once, run

class Reader(Node):
    def __init__(self):
        super().__init__("reader")
        self.create_timer(0.01, self.read)

    def read(self):
        try:
            {signal}
        except KeyboardInterrupt:
            raise RuntimeError("Unable to convert call argument") from None

run(Reader)
"""
"""The binding makes this error of the KeyboardInterrupt, and rclpy is still well at that time."""


@pytest.mark.parametrize(
    ("signal", "code"),
    [("interrupt_once(signal.SIGINT, None)", 0), ("raise KeyboardInterrupt", 1)],
)
def test_an_interrupt_inside_a_conversion_ends_quietly_and_an_error_without_one_does_not(
    ros_domain: int, tmp_path: Path, signal: str, code: int
) -> None:
    program = IN_MID_CONVERSION.format(signal=signal)
    process = Process([sys.executable, "-c", program], tmp_path / "log", ros_domain)
    try:
        assert process.wait(30) == code, process.output
        assert ("Traceback" in process.output) == bool(code)
    finally:
        process.stop()
