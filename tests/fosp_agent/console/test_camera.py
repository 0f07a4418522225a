"""The camera's picture for those who watch."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, cast

import numpy as np

from fosp_agent.console.camera import PERIOD, CameraView
from fosp_agent.console.hub import Hub
from fosp_agent.errors import UserError
from fosp_agent.types import ByteArray

FRAME: ByteArray = np.full((480, 640, 3), 90, np.uint8)


def shown(view: CameraView, hub: Any, seconds: float, offers_a_second: float = 100.0) -> None:
    """Offer frames for a while."""

    async def scene() -> None:
        task = asyncio.create_task(view.run(cast(Hub, hub)))
        for _ in range(int(seconds * offers_a_second)):
            view.offer(hub.decode)
            await asyncio.sleep(1 / offers_a_second)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(scene())


class Watched:
    """Counts what is decoded and shown."""

    def __init__(self, watching: int = 1) -> None:
        self.watching, self.decoded = watching, 0
        self.times: list[float] = []

    def decode(self) -> ByteArray:
        self.decoded += 1
        return FRAME

    def show(self, kind: int, data: bytes, *, keep: bool) -> None:
        assert kind == data[0] == 3
        assert not keep
        self.times.append(time.monotonic())


def test_of_a_fast_camera_a_few_frames_are_decoded_and_the_rest_cost_nothing():
    hub = Watched()
    shown(CameraView(), hub, 1.0)
    assert len(hub.times) >= 2
    assert hub.decoded == len(hub.times)
    assert np.diff(hub.times).min() > 0.8 * PERIOD


def test_nothing_is_decoded_while_nobody_watches():
    hub = Watched(watching=0)
    shown(CameraView(), hub, 0.4)
    assert hub.decoded == 0


def test_a_frame_that_cannot_be_shown_is_told_and_the_next_one_is_shown():
    hub, view = Watched(), CameraView()

    def refuse() -> ByteArray:
        raise UserError("encoding 'yuv422'")

    decode, hub.decode = hub.decode, refuse  # type: ignore[method-assign]
    shown(view, hub, 0.3)
    assert "yuv422" in view.problem
    assert hub.times == []
    hub.decode = decode  # type: ignore[method-assign]
    shown(view, hub, 0.3)
    assert view.problem == ""
    assert hub.times
