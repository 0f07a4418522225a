"""A 3Dconnexion SpaceMouse, read through its HID reports by pyspacemouse."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

from fosp_agent.drivers.errors import DeviceGone, DriverMissing

REPORTS = 32
"""Most reports read at once; the device sends fewer than this between two looks."""
REMEDY = (
    "`pip install -r requirements/robot.txt` in .venv, and `apt-get install libhidapi-libusb0` "
    "(or libhidapi-hidraw0)"
)


@dataclass(frozen=True)
class MouseState:
    """The cap and the buttons."""

    axes: tuple[float, ...]
    """(6,) x forward, y left, z up, roll, pitch, yaw about them, each in [-1, 1]."""
    buttons: tuple[int, ...]
    """1: down."""


class SpaceMouse(Protocol):
    """Something with a cap of six axes and some buttons."""

    name: str

    def read(self) -> MouseState:
        """The newest state; does not wait.

        Raises:
            DeviceGone: it was unplugged.
        """
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class HidSpaceMouse:
    """The first SpaceMouse that is plugged in (or the one at a path)."""

    def __init__(self, path: str = "") -> None:
        """Open it.

        Args:
            path: such as /dev/hidraw3; empty: the first one found.

        Raises:
            DriverMissing: pyspacemouse or HIDAPI is not installed.
            DeviceGone: none is plugged in, or it may not be read.
        """
        library = _library()
        convention = library.AxisConvention.ROS
        try:
            if path:
                self._device = library.open_by_path(path, axis_convention=convention)
            else:
                self._device = library.open(axis_convention=convention)
        except (RuntimeError, ValueError, OSError, _hid_error()) as problem:
            raise DeviceGone(
                f"no SpaceMouse can be opened ({problem}): plug it in, and give this user the "
                "right to read it (docker/udev/99-safereach.rules)"
            ) from None
        self.name = str(self._device.name)

    def read(self) -> MouseState:
        """See `SpaceMouse.read`."""
        return read_all(self._device, self.name)

    def close(self) -> None:
        """See `SpaceMouse.close`."""
        self._device.close()


def read_all(device: Any, name: str) -> MouseState:
    """Drain what a ``pyspacemouse`` device has to say; the state after it.

    Raises:
        DeviceGone: the device does not answer.
    """
    last = None
    try:
        for _ in range(REPORTS):
            state = device.read()
            if state.t == last:
                break
            last = state.t
    except (OSError, _hid_error()) as problem:
        raise DeviceGone(f"the {name} was unplugged ({problem})") from None
    axes = (state.x, state.y, state.z, state.roll, state.pitch, state.yaw)
    return MouseState(tuple(float(a) for a in axes), tuple(int(b) for b in state.buttons))


def _library() -> Any:
    try:
        return importlib.import_module("pyspacemouse")
    except (ImportError, OSError, AttributeError) as problem:
        raise DriverMissing(f"the SpaceMouse needs pyspacemouse ({problem}): {REMEDY}") from None


def _hid_error() -> type[Exception]:
    """The exception of the HID library that pyspacemouse uses."""
    error: type[Exception] = importlib.import_module("easyhid").HIDException
    return error
