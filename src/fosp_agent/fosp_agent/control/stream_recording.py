"""Which camera frames and poses belong into the file of an episode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fosp_agent.control.picture import to_jpeg
from fosp_agent.episodes.streams import PictureRecord, PoseRecord
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


@dataclass
class StreamRecording:
    """Writes each frame and each pose once, from the episode's first observation on.

    What arrives before the news that an episode runs is remembered for a moment.
    """

    config: PictureConfig
    written: dict[str, int] = field(default_factory=lambda: {"pictures": 0, "poses": 0})
    """How many are in the file of the present (or last) episode."""

    def __post_init__(self) -> None:
        self._writer: EpisodeWriter | None = None
        self._early: deque[Frame | PoseRecord] = deque(maxlen=120)
        self._last = {Frame: -1, PoseRecord: -1}

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
        self.written = {"pictures": 0, "poses": 0}
        early = [item for item in self._early if item.stamp_ns >= stamp_ns]
        self._early.clear()
        for item in early:
            self._write(item)

    def hear(self, item: Frame | PoseRecord) -> None:
        """A frame or a pose arrived; one with the stamp of its predecessor is a repetition.

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

    def _write(self, item: Frame | PoseRecord) -> None:
        assert self._writer is not None
        if isinstance(item, PoseRecord):
            self._writer.stream(item)
            self.written["poses"] += 1
            return
        config = self.config
        if config.picture_width <= 0:
            return
        size = (config.picture_width, config.picture_height)
        jpeg = to_jpeg(item.pixels(), *size, config.picture_quality)
        self._writer.stream(PictureRecord(item.stamp_ns, jpeg, item.frame_id))
        self.written["pictures"] += 1
