"""A camera over DDS that is unplugged, freezes, and whose clock runs away."""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("pyrealsense2", reason="needs requirements/robot.txt and libusb-1.0-0")

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import Image
from std_msgs.msg import String

from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_from_message, nanoseconds
from fosp_agent.ros.qos import RELIABLE, images
from integration.stack import ROOT, Ear, Process, ear, wait_for

pytestmark = pytest.mark.integration
PROGRAM = ROOT / "tests" / "fakes" / "software_camera.py"
PARAMETERS = {"frozen_after": 0.5, "max_offset": 0.5, "silence": 0.5, "crop": "[80, 0, 480, 480]"}


class Bench:
    """The camera's process, its frames, and its plug."""

    def __init__(self, listener: Ear, process: Process) -> None:
        self.frames = listener.listen(Image, topics.IMAGE, images("best_effort"))
        self._told = listener.listen(DiagnosticArray, topics.DIAGNOSTICS, RELIABLE)
        self._hand = listener.node.create_publisher(String, "test/camera", 10)
        self.process = process

    def make(self, state: str) -> None:
        wait_for(self._hand.get_subscription_count, 20, "the camera listens to the test")
        self._hand.publish(String(data=state))

    def flows(self) -> None:
        count = len(self.frames)
        wait_for(lambda: len(self.frames) > count + 10, 20, "frames come")

    def stops(self, words: str) -> None:
        """No frame for half a second, and the reason is told."""

        def still() -> bool:
            count = len(self.frames)
            time.sleep(0.5)
            return len(self.frames) == count

        wait_for(still, 20, "frames stop")
        wait_for(lambda: words in self.process.output, 10, f"{words!r} in the log")
        wait_for(lambda: self.level() == b"\x02", 10, "diagnostics say ERROR")

    def level(self) -> bytes:
        return self._told[-1].status[0].level if self._told else b""

    def value(self, key: str) -> str:
        return {one.key: one.value for one in self._told[-1].status[0].values}[key]


def test_a_camera_that_is_unplugged_frozen_or_out_of_time_is_named_and_comes_back(
    ros_domain: int, tmp_path: Path
) -> None:
    command = [sys.executable, str(PROGRAM), "--ros-args"]
    for name, value in PARAMETERS.items():
        command += ["-p", f"{name}:={value}"]
    process = Process(command, tmp_path / "camera.log", ros_domain)
    try:
        with ear(ros_domain) as listener:
            bench = Bench(listener, process)
            bench.flows()
            the_frames_are_the_cropped_workspace_in_order(bench.frames)
            for state, words in (
                ("unplugged", "is it still plugged in?"),
                ("frozen", "has not changed by a single value"),
                ("ahead", "ahead of this computer's clock"),
            ):
                bench.make(state)
                bench.stops(words)
                bench.make("fine")
                bench.flows()
            wait_for(lambda: bench.level() == b"\x00", 10, "diagnostics say OK")
            assert int(bench.value("reconnects")) >= 1
            assert bench.value("unlocked") == ""
    finally:
        process.stop()
    assert "Traceback" not in process.output


def the_frames_are_the_cropped_workspace_in_order(frames: list[Image]) -> None:
    seen = list(frames)
    assert {image_from_message(frame).shape for frame in seen} == {(480, 480, 3)}
    stamps = [nanoseconds(frame.header.stamp) for frame in seen]
    assert all(after > before for before, after in itertools.pairwise(stamps))
    assert abs(stamps[-1] / 1e9 - time.time()) < 5
