"""The SpaceMouse driver, with pyspacemouse's own parsing of HID reports."""

from __future__ import annotations

from collections import deque

import pytest

pytest.importorskip("pyspacemouse", reason="needs requirements/robot.txt")

import pyspacemouse
from easyhid import HIDException
from pyspacemouse.config_helpers import apply_axis_convention
from pyspacemouse.device import SpaceMouseDevice
from pyspacemouse.loader import get_device_specs

from fosp_agent.drivers.errors import DeviceGone
from fosp_agent.drivers.spacemouse import HidSpaceMouse, read_all

COMPACT = "SpaceMouseCompact"
FULL = 350


class Wire:
    """The HID device below: reports as bytes, and a plug."""

    def __init__(self) -> None:
        self.reports: deque[bytes] = deque()
        self.plugged = True

    def read(self, _size: int) -> bytes:
        if not self.plugged:
            raise HIDException("Failed to read from HID device: -1")
        return self.reports.popleft() if self.reports else b""


def mouse() -> tuple[Wire, SpaceMouseDevice]:
    spec = apply_axis_convention(get_device_specs()[COMPACT], pyspacemouse.AxisConvention.ROS)
    wire = Wire()
    return wire, SpaceMouseDevice(info=spec, device=wire)


def report(channel: int, *values: int) -> bytes:
    return bytes([channel]) + b"".join(v.to_bytes(2, "little", signed=True) for v in values)


def test_a_cap_pushed_away_from_the_person_moves_forward():
    wire, device = mouse()
    wire.reports.append(report(1, 0, -FULL, 0))
    state = read_all(device, COMPACT)
    assert state.axes == pytest.approx((1.0, 0, 0, 0, 0, 0))


def test_a_lifted_cap_moves_up_and_one_pushed_right_moves_right():
    wire, device = mouse()
    wire.reports.append(report(1, FULL, 0, -FULL))
    x, y, z, *_ = read_all(device, COMPACT).axes
    assert (x, y, z) == pytest.approx((0.0, -1.0, 1.0))


def test_all_waiting_reports_are_read_and_the_newest_counts():
    wire, device = mouse()
    wire.reports.extend(report(1, 0, -value, 0) for value in (50, 100, FULL))
    wire.reports.append(bytes([3, 0b10, 0]))
    state = read_all(device, COMPACT)
    assert state.axes[0] == pytest.approx(1.0)
    assert state.buttons[:2] == (0, 1)
    assert not wire.reports


def test_an_unplugged_device_is_named():
    wire, device = mouse()
    wire.plugged = False
    with pytest.raises(DeviceGone, match=f"{COMPACT} was unplugged"):
        read_all(device, COMPACT)


def test_without_a_device_the_remedy_is_named():
    with pytest.raises(DeviceGone, match="plug it in"):
        HidSpaceMouse()
