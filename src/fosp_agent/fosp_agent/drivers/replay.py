"""A recorded video in place of a camera: a video file, or the pictures in an MCAP file."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fosp_agent.control.picture import from_jpeg
from fosp_agent.drivers.camera import CameraError, CameraFrame
from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray

Recorded = Iterator[tuple[float, ByteArray]]
"""Seconds since the first frame, and the frame (H, W, 3) RGB."""
PICTURES = ("sensor_msgs/msg/CompressedImage", "sensor_msgs/msg/Image")


class ReplayCamera:
    """Plays a recording at its own pace. Implements `Camera`; stamps are of now."""

    def __init__(self, path: Path, loop: bool = True, speed: float = 1.0) -> None:
        """Look into the file.

        Args:
            path: a video that OpenCV reads, or an MCAP file with a topic of pictures.
            loop: begin again at the end.
            speed: 1: as recorded.

        Raises:
            CameraError: the file is missing, or holds no picture.
        """
        if not path.is_file():
            raise CameraError(f"{path}: no such recording to replay; give a video or an MCAP file")
        if speed <= 0:
            raise CameraError(f"replay_speed must be positive, not {speed:g}")
        self._frames = mcap_frames if path.suffix == ".mcap" else video_frames
        self._path, self._loop, self._speed = path, loop, speed
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._ended = False
        self.name = f"replay of {path.name}"
        if next(self._frames(path), None) is None:
            raise CameraError(
                f"{path} holds no picture that can be replayed; give another recording"
            )

    def start(self, on_frame: Callable[[CameraFrame], None]) -> None:
        """See `Camera.start`."""
        self._thread = threading.Thread(target=self._play, args=(on_frame,), daemon=True)
        self._thread.start()

    def _play(self, on_frame: Callable[[CameraFrame], None]) -> None:
        number = 0
        for _ in itertools.count() if self._loop else range(1):
            begun, last = time.monotonic(), 0.0
            for seconds, pixels in self._frames(self._path):
                last = seconds / self._speed
                if self._stop.wait(max(0.0, begun + last - time.monotonic())):
                    return
                on_frame(CameraFrame(time.time_ns(), number, pixels))
                number += 1
            self._stop.wait(last / max(number, 1))
        self._ended = True

    def settings(self) -> Mapping[str, str]:
        """See `Camera.settings`."""
        return {"file": str(self._path), "stamps": "of the replay"}

    def unlocked(self) -> tuple[str, ...]:
        """See `Camera.unlocked`."""
        return ()

    def ended(self) -> bool:
        """See `Camera.ended`."""
        return self._ended

    def close(self) -> None:
        """See `Camera.close`."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2.0)


def video_frames(path: Path) -> Recorded:
    """The frames of a video file, by its frame rate (30 where it has none)."""
    import cv2

    video = cv2.VideoCapture(str(path))
    try:
        rate = video.get(cv2.CAP_PROP_FPS) or 30.0
        for number in itertools.count():
            there, bgr = video.read()
            if not there:
                return
            yield number / rate, np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    finally:
        video.release()


def mcap_frames(path: Path) -> Recorded:
    """The pictures of an MCAP file's first topic of pictures, by their stamps.

    Raises:
        CameraError: it cannot be read.
    """
    from mcap.exceptions import McapError
    from mcap.reader import make_reader

    from fosp_agent.episodes.schema import typestore

    store, begun = typestore(), None
    try:
        with path.open("rb") as stream:
            topic = None
            for schema, channel, message in make_reader(stream).iter_messages():
                if schema is None or schema.name not in PICTURES:
                    continue
                if channel.topic != (topic := topic or channel.topic):
                    continue
                begun = message.log_time if begun is None else begun
                decoded = store.deserialize_cdr(message.data, schema.name)
                yield (message.log_time - begun) / 1e9, DECODERS[schema.name](decoded, path)
    except McapError as problem:
        raise CameraError(
            f"{path} cannot be replayed ({problem}); give another recording"
        ) from None


def _compressed(message: Any, path: Path) -> ByteArray:
    try:
        return from_jpeg(bytes(message.data))
    except UserError:
        raise CameraError(
            f"{path}: a picture of format {message.format!r} cannot be decoded; JPEG and PNG can"
        ) from None


def _plain(message: Any, path: Path) -> ByteArray:
    if message.encoding != "rgb8":
        raise CameraError(
            f"{path}: pictures are {message.encoding!r}, expected rgb8; record them so"
        )
    rows = np.asarray(message.data, np.uint8).reshape(message.height, message.step)
    return rows[:, : 3 * message.width].reshape(message.height, message.width, 3)


DECODERS: dict[str, Callable[[Any, Path], ByteArray]] = dict(
    zip(PICTURES, (_compressed, _plain), strict=True)
)
