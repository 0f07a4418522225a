"""librealsense's own software device, fed with pictures: a RealSense without hardware.

As a program: a camera node over it, which a test freezes, unplugs and plugs in by a topic.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pyrealsense2 as rs

from fosp_agent.drivers.errors import DeviceGone

WIDTH, HEIGHT, FPS = 640, 480, 30
NO_DISTORTION = [0.0] * 5


class SoftwareCamera:
    """One software device at a time; `find` is what the driver asks for its device."""

    def __init__(self, domain: Any = rs.timestamp_domain.global_time, serial: str = "42") -> None:
        self.plugged = True
        self.frozen = False
        self.domain = domain
        self.serial = serial
        self.sensor_ahead = 0.0
        """Of the clock of the stamps [s]."""
        self.number = 0
        self._streams: list[tuple[Any, Any]] = []
        self._random = np.random.default_rng(0)
        self.pixels = self._random.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)

    def find(self, serial: str) -> Any:
        if not self.plugged or serial not in ("", self.serial):
            raise DeviceGone("no RealSense camera: none is plugged in")
        self.device = rs.software_device()
        self.device.register_info(rs.camera_info.name, "Software D435")
        self.device.register_info(rs.camera_info.serial_number, self.serial)
        self.sensor = self.device.add_sensor("RGB Camera")
        stream = rs.video_stream()
        stream.type, stream.index, stream.uid = rs.stream.color, 0, 0
        stream.width, stream.height, stream.fps = WIDTH, HEIGHT, FPS
        stream.bpp, stream.fmt = 3, rs.format.rgb8
        stream.intrinsics = intrinsics()
        self.profile = self.sensor.add_video_stream(stream).as_video_stream_profile()
        for option, low, high, value in (
            (rs.option.exposure, 1, 10000, 500),
            (rs.option.gain, 0, 128, 10),
            (rs.option.white_balance, 2800, 6500, 5000),
            (rs.option.enable_auto_exposure, 0, 1, 1),
            (rs.option.enable_auto_white_balance, 0, 1, 1),
        ):
            self.sensor.add_option(option, option_range(low, high, value))
        return self.device

    def send(self) -> None:
        """One frame, if the camera is plugged in and somebody opened it."""
        if not self.plugged or not hasattr(self, "sensor"):
            return
        if not self.frozen:
            row = self.number % HEIGHT
            self.pixels[row] = self._random.integers(0, 256, (WIDTH, 3))
        frame = rs.software_video_frame()
        frame.stride, frame.bpp, frame.pixels = WIDTH * 3, 3, self.pixels
        frame.timestamp = (time.time() + self.sensor_ahead) * 1e3
        frame.domain, frame.frame_number, frame.profile = self.domain, self.number, self.profile
        self.number += 1
        self.sensor.on_video_frame(frame)

    def run(self, stop: threading.Event) -> None:
        """Send at the frame rate until told to stop."""
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            due = max(due + 1 / FPS, time.monotonic())
            self.send()


def option_range(low: float, high: float, value: float) -> Any:
    made = rs.option_range()
    made.min, made.max, made.step, made.default = low, high, 1.0, value
    return made


def intrinsics() -> Any:
    made = rs.intrinsics()
    made.width, made.height = WIDTH, HEIGHT
    made.fx = made.fy = 600.0
    made.ppx, made.ppy = WIDTH / 2, HEIGHT / 2
    made.model, made.coeffs = rs.distortion.none, NO_DISTORTION
    return made


def main() -> None:
    from std_msgs.msg import String

    from fosp_agent.drivers.realsense import RealSenseCamera
    from fosp_agent.ros.camera_node import CameraNode
    from fosp_agent.ros.spin import run

    source, stop = SoftwareCamera(), threading.Event()

    def make() -> CameraNode:
        node = CameraNode(lambda config, _: RealSenseCamera(config, source.find))
        node.create_subscription(String, "test/camera", obey, 10)
        return node

    def obey(message: String) -> None:
        source.plugged = "unplugged" not in message.data
        source.frozen = "frozen" in message.data
        source.sensor_ahead = 100.0 if "ahead" in message.data else 0.0

    threading.Thread(target=source.run, args=(stop,), daemon=True).start()
    try:
        run(make)
    finally:
        stop.set()


if __name__ == "__main__":
    main()
