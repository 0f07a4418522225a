"""A RealSense camera's colour stream, by librealsense."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from fosp_agent.drivers.camera import CameraConfig, CameraError, CameraFrame
from fosp_agent.drivers.errors import DeviceGone, DriverMissing
from fosp_agent.drivers.sensor_clock import SensorClock

AUTOMATIC = {"exposure": "enable_auto_exposure", "white_balance": "enable_auto_white_balance"}
"""Option of librealsense that turns each automatic off."""
PER_MILLISECOND = 1_000_000


def library() -> Any:
    """The module pyrealsense2.

    Raises:
        DriverMissing: it is not installed, or its libusb is missing.
    """
    try:
        return importlib.import_module("pyrealsense2")
    except ImportError as problem:
        raise DriverMissing(
            f"the RealSense camera needs pyrealsense2 ({problem}): `pip install -r "
            "requirements/robot.txt` in .venv, and `apt-get install libusb-1.0-0`"
        ) from None


def plugged_in(serial: str) -> Any:
    """The librealsense device of this serial number; of an empty one, the first.

    Raises:
        DeviceGone: there is none.
    """
    rs = library()
    found = list(rs.context().query_devices())
    serials = [str(device.get_info(rs.camera_info.serial_number)) for device in found]
    for device, its_serial in zip(found, serials, strict=True):
        if serial in ("", its_serial):
            return device
    there = f"there are {', '.join(serials)}" if serials else "none is plugged in"
    wanted = f"camera {serial}" if serial else "RealSense camera"
    raise DeviceGone(f"no {wanted}: {there}; check the USB 3 cable and the udev rules")


class RealSenseCamera:
    """The colour sensor of one device. Implements `Camera`."""

    def __init__(self, config: CameraConfig, find: Callable[[str], Any] = plugged_in) -> None:
        """Open the device and fix its settings.

        Raises:
            DriverMissing, DeviceGone: there is no library, or no device.
            CameraError: it has no such stream, or refuses a setting.
        """
        self._rs = library()
        self._config = config
        self._device = find(config.serial)
        self._clock = SensorClock()
        self._domain = ""
        self._streaming = False
        self.name = str(self._device.get_info(self._rs.camera_info.name))
        self._sensor, self._profile = self._colour_stream()
        try:
            self._settle()
        except RuntimeError as problem:
            raise CameraError(
                f"{self.name} refuses a setting of config/camera-realsense.yaml: {problem}"
            ) from None

    def _colour_stream(self) -> tuple[Any, Any]:
        rs, config = self._rs, self._config
        offered = set()
        for sensor in self._device.query_sensors():
            for profile in sensor.get_stream_profiles():
                if profile.stream_type() != rs.stream.color or profile.format() != rs.format.rgb8:
                    continue
                video = profile.as_video_stream_profile()
                size = (video.width(), video.height(), profile.fps())
                if size == (config.width, config.height, config.fps):
                    return sensor, profile
                offered.add(size)
        listed = ", ".join(f"{w}x{h} at {fps}" for w, h, fps in sorted(offered)) or "none"
        raise CameraError(
            f"{self.name} has no colour stream {config.width}x{config.height} at {config.fps} "
            f"frames/s; it offers: {listed} (a USB 2 cable offers few)"
        )

    def _settle(self) -> None:
        """Turn the automatics off, and set what they would have set."""
        options, config = self._rs.option, self._config
        for name, value in (
            ("exposure", config.exposure),
            ("white_balance", config.white_balance),
        ):
            automatic = getattr(options, AUTOMATIC[name])
            if self._sensor.supports(automatic):
                self._sensor.set_option(automatic, float(value <= 0))
            if value > 0:
                self._set(name, value)
        if config.gain > 0:
            self._set("gain", config.gain)
        if self._sensor.supports(options.global_time_enabled):
            self._sensor.set_option(options.global_time_enabled, 1.0)

    def _set(self, name: str, value: float) -> None:
        option = getattr(self._rs.option, name)
        if not self._sensor.supports(option):
            return
        allowed = self._sensor.get_option_range(option)
        if not allowed.min <= value <= allowed.max:
            raise CameraError(
                f"{self.name}: {name} is {value:g}, allowed are {allowed.min:g} to {allowed.max:g}"
            )
        self._sensor.set_option(option, float(value))

    def start(self, on_frame: Callable[[CameraFrame], None]) -> None:
        """See `Camera.start`."""

        def take(frame: Any) -> None:
            arrival_ns = time.time_ns()
            pixels = np.asanyarray(frame.get_data())
            stamp_ns = self._stamp(frame, arrival_ns)
            on_frame(CameraFrame(stamp_ns, int(frame.get_frame_number()), pixels))

        try:
            self._sensor.open(self._profile)
            self._sensor.start(take)
        except RuntimeError as problem:
            raise DeviceGone(
                f"{self.name} does not stream ({problem}): does another program hold it?"
            ) from None
        self._streaming = True

    def _stamp(self, frame: Any, arrival_ns: int) -> int:
        """When a frame was taken [ns]; of a sensor with a clock of its own, in ours."""
        domain = frame.get_frame_timestamp_domain()
        sensor_ns = int(frame.get_timestamp() * PER_MILLISECOND)
        self._domain = str(domain).rpartition(".")[2]
        if domain == self._rs.timestamp_domain.hardware_clock:
            return self._clock.host_ns(sensor_ns, arrival_ns)
        return sensor_ns

    def settings(self) -> Mapping[str, str]:
        """See `Camera.settings`."""
        options = {name: self._read(name) for name in ("exposure", "gain", "white_balance")}
        return {**options, "stamps": self._domain or "none yet"}

    def _read(self, name: str) -> str:
        option = getattr(self._rs.option, name)
        if not self._sensor.supports(option):
            return "not there"
        return f"{self._sensor.get_option(option):g}"

    def unlocked(self) -> tuple[str, ...]:
        """See `Camera.unlocked`."""
        found = []
        for name, automatic in AUTOMATIC.items():
            option = getattr(self._rs.option, automatic)
            if self._sensor.supports(option) and self._sensor.get_option(option) > 0:
                found.append(name)
        return tuple(found)

    def ended(self) -> bool:
        """See `Camera.ended`."""
        return False

    def close(self) -> None:
        """See `Camera.close`."""
        if not self._streaming:
            return
        self._streaming = False
        for stop in (self._sensor.stop, self._sensor.close):
            try:
                stop()
            except RuntimeError:
                # An unplugged camera cannot be told to stop; it has.
                continue
