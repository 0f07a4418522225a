"""The open pages, and what is sent to them. A slow page never makes the others wait."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Iterable
from typing import Any

from aiohttp import WSCloseCode, web

MOST_WAITING = 2000
"""Messages that a page may lag behind before it is let go; it comes back and starts afresh."""


class Page:
    """One socket with its own queue of messages; of pictures only the newest of a kind waits."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.watching = False
        self._texts: deque[str] = deque()
        self._pictures: dict[int, bytes] = {}
        self._wake = asyncio.Event()

    def tell(self, text: str) -> None:
        """Send a message, some time soon."""
        self._texts.append(text)
        self._wake.set()

    def show(self, kind: int, data: bytes) -> None:
        """Send a picture, unless a newer one of its kind comes first."""
        self._pictures[kind] = data
        self._wake.set()

    async def pump(self) -> None:
        """Send what waits, until the socket closes."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            while not self.socket.closed:
                await self._wake.wait()
                self._wake.clear()
                if len(self._texts) > MOST_WAITING:
                    await self.socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too slow")
                    return
                while self._texts:
                    await self.socket.send_str(self._texts.popleft())
                for kind in list(self._pictures):
                    await self.socket.send_bytes(self._pictures.pop(kind))


class Hub:
    """All open pages."""

    def __init__(self) -> None:
        self.pages: set[Page] = set()
        self._shown: dict[int, bytes] = {}

    @property
    def watching(self) -> int:
        """Pages that show the robot now."""
        return sum(page.watching for page in self.pages)

    def broadcast(self, messages: Iterable[dict[str, Any]], but: Page | None = None) -> None:
        """Tell every page but one."""
        for message in messages:
            text = dump(message)
            for page in self.pages - {but}:
                page.tell(text)

    def show(self, kind: int, data: bytes, *, keep: bool = True) -> None:
        """Show a picture to those that watch, and (``keep``) to those that begin to later."""
        if keep:
            self._shown[kind] = data
        for page in self.pages:
            if page.watching:
                page.show(kind, data)

    def watch(self, page: Page, watching: bool) -> None:
        """Whether a page shows the robot; one that begins to is shown the last pictures."""
        if watching and not page.watching:
            for kind, data in self._shown.items():
                page.show(kind, data)
        page.watching = watching

    async def close(self) -> None:
        """Say goodbye to all."""
        for page in list(self.pages):
            with contextlib.suppress(ConnectionError, asyncio.TimeoutError):
                await asyncio.wait_for(page.socket.close(code=WSCloseCode.GOING_AWAY), 1.0)


def dump(message: dict[str, Any]) -> str:
    """A message as text."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False)


def picture(kind: int, about: dict[str, Any], data: bytes) -> bytes:
    """A picture message: kind (1 byte), length of the JSON (4 bytes, little endian), JSON, JPEG."""
    head = dump(about).encode()
    return bytes([kind]) + len(head).to_bytes(4, "little") + head + data
