"""The RealSense driver on librealsense's own software device."""

from __future__ import annotations

import time

import numpy as np
import pytest

pytest.importorskip("pyrealsense2", reason="needs requirements/robot.txt and libusb-1.0-0")

import pyrealsense2 as rs

from fakes.patience import wait_for
from fakes.software_camera import SoftwareCamera
from fosp_agent.drivers.camera import CameraConfig, CameraError, CameraFrame
from fosp_agent.drivers.errors import DeviceGone
from fosp_agent.drivers.realsense import RealSenseCamera, plugged_in

TIMEOUT = 5.0


def frames_of(source: SoftwareCamera, camera: RealSenseCamera, count: int) -> list[CameraFrame]:
    """The first frames of a camera, their pixels copied."""
    got: list[CameraFrame] = []
    camera.start(lambda f: got.append(CameraFrame(f.stamp_ns, f.number, f.pixels.copy())))

    def enough() -> bool:
        source.send()
        return len(got) >= count

    wait_for(enough, TIMEOUT, f"{count} frames arrive", every=0.01)
    camera.close()
    return got


def test_exposure_gain_and_white_balance_are_fixed_by_the_parameters():
    source = SoftwareCamera()
    camera = RealSenseCamera(CameraConfig(exposure=156, gain=64, white_balance=4600), source.find)
    read = source.sensor.get_option
    assert (read(rs.option.exposure), read(rs.option.gain)) == (156, 64)
    assert read(rs.option.white_balance) == 4600
    assert camera.unlocked() == ()
    camera = RealSenseCamera(CameraConfig(exposure=0), source.find)
    assert camera.unlocked() == ("exposure",)


def test_frames_arrive_unchanged_with_the_sensors_stamp():
    source = SoftwareCamera()
    camera = RealSenseCamera(CameraConfig(), source.find)
    source.frozen = True
    before = time.time_ns()
    frames = frames_of(source, camera, 5)
    np.testing.assert_array_equal(frames[0].pixels, source.pixels)
    assert [frame.number for frame in frames[:3]] == [0, 1, 2]
    assert all(before - 1e6 <= frame.stamp_ns <= time.time_ns() + 1e6 for frame in frames)
    assert camera.settings()["stamps"] == "global_time"


def test_a_sensor_with_a_clock_of_its_own_is_told_in_this_computers_time():
    source = SoftwareCamera(domain=rs.timestamp_domain.hardware_clock)
    source.sensor_ahead = -1e6
    frames = frames_of(source, RealSenseCamera(CameraConfig(), source.find), 5)
    assert abs(frames[-1].stamp_ns - time.time_ns()) < 1e9


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (CameraConfig(width=848), "it offers: 640x480 at 30"),
        (CameraConfig(exposure=1e6), "exposure is 1e\\+06, allowed are 1 to 10000"),
    ],
)
def test_what_the_camera_cannot_do_is_refused_by_name(config, message):
    with pytest.raises(CameraError, match=message):
        RealSenseCamera(config, SoftwareCamera().find)


def test_a_camera_that_is_not_there_is_named_with_the_remedy():
    with pytest.raises(DeviceGone, match="none is plugged in; check the USB 3 cable"):
        plugged_in("12345")


@pytest.mark.parametrize("crop", [(0, 0, 641, 480), (-1, 0, 10, 10), (0, 0, 0, 5), (1, 2, 3)])
def test_a_crop_outside_the_stream_is_refused(crop):
    with pytest.raises(CameraError, match="crop"):
        CameraConfig(crop=crop)


def test_a_crop_cuts_the_workspace_out():
    image = np.arange(480 * 640 * 3, dtype=np.uint32).astype(np.uint8).reshape(480, 640, 3)
    cut = CameraConfig(crop=(80, 10, 400, 300)).cropped(image)
    np.testing.assert_array_equal(cut, image[10:310, 80:480])
