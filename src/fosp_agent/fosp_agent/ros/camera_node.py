"""A camera on the topic that realsense2_camera would serve."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from rclpy._rclpy_pybind11 import InvalidHandle, RCLError
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Image

from fosp_agent.control.frame_rate import FrameRate
from fosp_agent.control.frame_watch import FrameWatch, FrameWatchConfig
from fosp_agent.drivers.camera import Camera, CameraConfig, CameraFrame
from fosp_agent.drivers.errors import DeviceGone
from fosp_agent.drivers.realsense import RealSenseCamera
from fosp_agent.drivers.replay import ReplayCamera
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_message
from fosp_agent.ros.diagnostics import ERROR, OK, UNLOCKED, WARN, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import FRAMES
from fosp_agent.ros.spin import is_ending, run

LOOK = 0.25
"""Between two looks at the camera [s]."""
AGAIN = 1.0
"""Between two attempts to find the camera [s]."""


@dataclass(frozen=True)
class SourceConfig:
    """Where the frames come from."""

    source: str = "realsense"
    """realsense, or replay."""
    replay: Path = Path()
    """Video or MCAP file that is replayed."""
    replay_loop: bool = True
    """Begin again at the end of the replay."""
    replay_speed: Annotated[float, Range(0.01, 100.0)] = 1.0
    """1: the replay is as fast as it was recorded."""
    frame_id: str = "camera_color_optical_frame"
    """Frame of the images."""
    silence: Annotated[float, Range(0.1, 60.0)] = 1.0
    """A camera that sends nothing for this long is opened anew [s]."""


Maker = Callable[[CameraConfig, SourceConfig], Camera]
SOURCES: dict[str, Maker] = {
    "realsense": lambda camera, _: RealSenseCamera(camera),
    "replay": lambda _, source: ReplayCamera(
        source.replay, source.replay_loop, source.replay_speed
    ),
}


class CameraNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Publishes frames as they come, and opens the camera again after it was gone."""

    def __init__(self, make: Maker | None = None) -> None:
        super().__init__("camera_node")
        self._source = declare(self, SourceConfig)
        self._config = declare(self, CameraConfig)
        self._watch_config = declare(self, FrameWatchConfig)
        if make is None and self._source.source not in SOURCES:
            known = ", ".join(SOURCES)
            raise UserError(f"camera_node: source is {self._source.source!r}; valid: {known}")
        self._make = make or SOURCES[self._source.source]
        self._lock = threading.Lock()
        self._rate = FrameRate()
        self._watch = FrameWatch(self._watch_config)
        self._camera: Camera | None = None
        self._heard = 0.0
        self._next_attempt = 0.0
        self._problem = "not looked for yet"
        self._reconnects = -1
        self._images = self.create_publisher(Image, topics.IMAGE, FRAMES)
        self._diagnostics = Diagnostics(self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(LOOK, self._look, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)
        self._open()

    def destroy_node(self) -> None:
        """Also let go of the camera."""
        self._close()
        super().destroy_node()

    def _open(self) -> None:
        self._next_attempt = time.monotonic() + AGAIN
        try:
            camera = self._make(self._config, self._source)
            self._heard = time.monotonic() + AGAIN
            self._watch = FrameWatch(self._watch_config)
            self._camera = camera
            camera.start(self._on_frame)
        except DeviceGone as problem:
            self._lost(str(problem))
            return
        self._problem = ""
        self._reconnects += 1
        settings = ", ".join(f"{k} {v}" for k, v in camera.settings().items())
        self.get_logger().info(f"{camera.name}: {settings}")

    def _close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _lost(self, problem: str) -> None:
        self._close()
        self._problem = problem
        self.get_logger().error(problem, throttle_duration_sec=5.0)

    def _on_frame(self, frame: CameraFrame) -> None:
        """In the camera's thread."""
        now_ns = time.time_ns()
        pixels = self._config.cropped(frame.pixels)
        problem = self._watch.problem(frame.stamp_ns, pixels, now_ns)
        with self._lock:
            self._heard = time.monotonic()
            self._rate.frame(frame.number, frame.stamp_ns, now_ns)
            self._problem = problem
        if problem:
            self.get_logger().error(f"{problem}; frames are withheld", throttle_duration_sec=5.0)
            return
        message = image_message(pixels, frame.stamp_ns, self._source.frame_id)
        try:
            self._images.publish(message)
        except (RCLError, InvalidHandle):
            # A frame between the signal that ends the node and the end of the camera's thread.
            if not is_ending():
                raise

    def _look(self) -> None:
        now = time.monotonic()
        camera = self._camera
        if camera is None:
            if now >= self._next_attempt:
                self._open()
        elif camera.ended():
            self._problem = f"the {camera.name} has ended"
        elif now - self._heard > self._source.silence:
            silent = now - self._heard
            self._lost(f"{camera.name} sent nothing for {silent:.1f} s: is it still plugged in?")
            self._next_attempt = now

    def _diagnose(self) -> None:
        camera = self._camera
        with self._lock:
            values: dict[str, object] = dict(self._rate.report())
        unlocked: tuple[str, ...] = ()
        if camera is not None:
            unlocked = camera.unlocked()
            values |= {"camera": camera.name, **camera.settings()}
            values |= {UNLOCKED: " ".join(unlocked)}  # who has no camera cannot say
        values |= {"reconnects": max(self._reconnects, 0)}
        if self._problem:
            self._diagnostics.publish(ERROR, self._problem, values)
        elif unlocked:
            message = f"{' and '.join(unlocked)} automatic: fix it by the parameters"
            self._diagnostics.publish(WARN, message, values)
        else:
            self._diagnostics.publish(OK, "the camera streams", values)


def main() -> None:
    """Entry point."""
    run(CameraNode)
