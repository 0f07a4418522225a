"""A colour camera: what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.types import ByteArray


class CameraError(UserError):
    """The camera's settings do not do."""


@dataclass(frozen=True)
class CameraConfig:
    """How the picture is taken."""

    serial: str = ""
    """Serial number of the camera; empty: the first one found."""
    width: Annotated[int, Range(64, 4096)] = 640
    """Width of the stream, before cropping [pixels]."""
    height: Annotated[int, Range(64, 4096)] = 480
    """Height of the stream, before cropping [pixels]."""
    fps: Annotated[int, Range(1, 300)] = 30
    """Frames per second."""
    exposure: Annotated[float, Range(0.0, 200000.0)] = 156.0
    """Fixed exposure, in the sensor's unit (100 us for a D435); 0: automatic, which a policy that
    learned from other brightness does not like."""
    gain: Annotated[float, Range(0.0, 4096.0)] = 64.0
    """Fixed gain, in the sensor's unit; 0: as it is."""
    white_balance: Annotated[float, Range(0.0, 10000.0)] = 4600.0
    """Fixed white balance [K]; 0: automatic."""
    crop: Annotated[tuple[int, ...], Range(0, 4096)] = ()
    """The workspace in the stream: left, top, width, height [pixels]; empty: all of it. Square
    crops are not distorted when they are made the policy's 64 x 64."""

    def __post_init__(self) -> None:
        if self.crop and len(self.crop) != 4:
            raise CameraError(f"crop needs left, top, width, height, not {self.crop}")
        if self.crop:
            left, top, width, height = self.crop
            inside = left >= 0 and top >= 0 and width > 0 and height > 0
            if not inside or left + width > self.width or top + height > self.height:
                raise CameraError(
                    f"crop {self.crop} leaves the {self.width}x{self.height} stream: give one that "
                    "lies in it, or another width and height"
                )

    def cropped(self, image: ByteArray) -> ByteArray:
        """The workspace's part of a frame (H, W, 3)."""
        if not self.crop:
            return image
        left, top, width, height = self.crop
        return image[top : top + height, left : left + width]


@dataclass(frozen=True)
class CameraFrame:
    """One frame."""

    stamp_ns: int
    """When it was taken, by this computer's clock [ns]."""
    number: int
    """Counts up by one a frame; a gap is a frame that was lost on the way."""
    pixels: ByteArray
    """(H, W, 3) RGB; valid while the callback runs."""


class Camera(Protocol):
    """A stream of frames. Frames come in a thread of the camera's."""

    name: str

    def start(self, on_frame: Callable[[CameraFrame], None]) -> None:
        """Begin to stream.

        Raises:
            DeviceGone: it was unplugged.
        """
        ...

    def settings(self) -> Mapping[str, str]:
        """What the camera says of itself: exposure, white balance, whose clock stamps are of."""
        ...

    def unlocked(self) -> tuple[str, ...]:
        """What the camera still sets by itself, such as "exposure"; empty: all is fixed."""
        ...

    def ended(self) -> bool:
        """Whether no more frames can come (a replay's end)."""
        ...

    def close(self) -> None:
        """Stop streaming; let go of the device."""
        ...
