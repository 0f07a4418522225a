"""What goes wrong with hardware."""

from __future__ import annotations

from fosp_agent.errors import UserError


class DriverMissing(UserError):
    """The library that speaks to the device is not installed."""


class DeviceGone(UserError):
    """The device is not there (any more); it may come back."""
