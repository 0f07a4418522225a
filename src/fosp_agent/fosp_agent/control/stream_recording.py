"""Which camera frames, poses and forces belong into the file of an episode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

from fosp_agent.control.picture import to_jpeg
from fosp_agent.episodes.streams import PictureRecord, PoseRecord, WrenchRecord
from fosp_agent.episodes.writer import EpisodeWriter
from fosp_agent.ranges import Range
from fosp_agent.types import ByteArray


@dataclass(frozen=True)
class PictureConfig:
    """The pictures for people in an episode's file."""

    picture_width: Annotated[int, Range(0, 4096)] = 320
    """Width that pictures fit into [pixels]; 0: no pictures are recorded."""
    picture_height: Annotated[int, Range(1, 4096)] = 240
    """Height that pictures fit into [pixels]."""
    picture_quality: Annotated[int, Range(1, 100)] = 85
    """Quality of the JPEG, 1 to 100."""


@dataclass(frozen=True)
class Frame:
    """A camera frame; its pixels are decoded only when it is recorded."""

    stamp_ns: int
    pixels: Callable[[], ByteArray]
    frame_id: str


Item: TypeAlias = Frame | PoseRecord | WrenchRecord
COUNTED: dict[type[Item], str] = {Frame: "pictures", PoseRecord: "poses", WrenchRecord: "wrenches"}
"""What each kind is called in a count."""


@dataclass
class StreamRecording:
    """Writes each frame, pose and wrench once, from the episode's first observation on.

    What arrives before the news that an episode runs is remembered for a moment.
    """

    config: PictureConfig
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED.values(), 0))
    """How many are in the file of the present (or last) episode."""

    def __post_init__(self) -> None:
        self._writer: EpisodeWriter | None = None
        self._early: deque[Item] = deque(maxlen=180)
        self._last = dict.fromkeys(COUNTED, -1)

    def end(self) -> None:
        """The file is being closed."""
        self._writer = None
        self._early.clear()

    def observed(self, writer: EpisodeWriter, stamp_ns: int) -> None:
        """The episode's first observation is of the frame of this stamp [ns].

        Raises:
            EpisodeError: the disk refuses.
        """
        if self._writer is writer:
            return
        self._writer = writer
        self.written = dict.fromkeys(COUNTED.values(), 0)
        early = [item for item in self._early if item.stamp_ns >= stamp_ns]
        self._early.clear()
        for item in early:
            self._write(item)

    def hear(self, item: Item) -> None:
        """Something arrived; what has the stamp of its predecessor is a repetition.

        Raises:
            EpisodeError: the disk refuses.
        """
        if item.stamp_ns == self._last[type(item)]:
            return
        self._last[type(item)] = item.stamp_ns
        if self._writer is None:
            self._early.append(item)
        else:
            self._write(item)

    def _write(self, item: Item) -> None:
        assert self._writer is not None
        record = self._picture(item) if isinstance(item, Frame) else item
        if record is not None:
            self._writer.stream(record)
            self.written[COUNTED[type(item)]] += 1

    def _picture(self, frame: Frame) -> PictureRecord | None:
        config = self.config
        if config.picture_width <= 0:
            return None
        size = (config.picture_width, config.picture_height)
        jpeg = to_jpeg(frame.pixels(), *size, config.picture_quality)
        return PictureRecord(frame.stamp_ns, jpeg, frame.frame_id)
