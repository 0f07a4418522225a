"""The camera's picture for the people who watch, at a bounded rate and size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from fosp_agent.console.hub import Hub, picture
from fosp_agent.control.picture import to_jpeg
from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray

PERIOD = 0.1
"""Between two pictures, at least [s]."""
WIDTH, HEIGHT = 640, 480
"""A picture fits into this [pixels]."""
QUALITY = 80
CAMERA = 3
"""Kind of the picture messages."""

Decoder = Callable[[], ByteArray]
"""Gives a frame (H, W, C) uint8; called only for the frames that are shown."""


class CameraView:
    """Frames are offered by the middleware's thread; a few are decoded, made JPEG and shown.

    A frame that is not shown costs nothing but its hand-over.
    """

    def __init__(self) -> None:
        self._offered: Decoder | None = None
        self.problem = ""
        """Why the last frame could not be shown; empty: it could."""

    def offer(self, decode: Decoder) -> None:
        """A new frame; it replaces one that was not shown yet. From any thread."""
        self._offered = decode

    async def run(self, hub: Hub) -> None:
        """Show the newest frame to those that watch, for as long as the task lives."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="camera") as thread:
            while True:
                await asyncio.sleep(PERIOD)
                offered, self._offered = self._offered, None
                if offered is None or not hub.watching:
                    continue
                data = await loop.run_in_executor(thread, self._message, offered)
                if data:
                    hub.show(CAMERA, data, keep=False)

    def _message(self, decode: Decoder) -> bytes:
        try:
            frame = decode()
            about = {"width": frame.shape[1], "height": frame.shape[0]}
            data = picture(CAMERA, about, to_jpeg(frame, WIDTH, HEIGHT, QUALITY))
        except UserError as problem:
            self.problem = str(problem)
            return b""
        self.problem = ""
        return data
