"""The world model's view of the running episode, at a bounded price."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeAlias

from fosp_agent.console.board import Board, History
from fosp_agent.console.looking_glass import LookingGlass
from fosp_agent.errors import UserError
from fosp_agent.monitor.projection import Projection
from fosp_agent.types import ByteArray

if TYPE_CHECKING:
    from fosp_agent.console.foresight import Vision

Sight: TypeAlias = "tuple[ByteArray, Vision]"
"""An observed image (64, 64, C), and what the world model makes of it."""
NOTHING = ("", -1)
PATIENCE = 1.0
"""Before looking for weights again where there were none [s]."""


class Insight:
    """Looks ahead from the newest observation, not more often than it may, in its own thread."""

    def __init__(self, board: Board, glass: LookingGlass, share: float) -> None:
        """Look through the acting weights; loads those that there are.

        Args:
            board: what was observed.
            glass: the acting weights; left to this object's thread.
            share: of one core that looking may take, in (0, 1].
        """
        self._board, self._glass, self._share = board, glass, share
        self._not_before = 0.0
        self._seen: tuple[str, int] = NOTHING
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="insight")
        self._pending: Future[Sight | None] | None = self._thread.submit(self._load)
        self.projection: Projection | None = None
        """Of the camera that the acting weights were made for."""
        self.blind = ""
        """Why nothing can be seen; empty while something can."""

    def look(self, now: float) -> Sight | None:
        """The vision of an earlier call, once it is there; begins another where one is due.

        Args:
            now: monotonic time [s].
        """
        found: Sight | None = None
        if self._pending is not None:
            if not self._pending.done():
                return None
            found, self._pending = self._pending.result(), None
        history = self._board.history() if now >= self._not_before else None
        if history is not None and (history.episode_id, history.step) != self._seen:
            self._seen = (history.episode_id, history.step)
            self._pending = self._thread.submit(self._imagine, history, now)
        return found

    def close(self) -> None:
        """Begin nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    # On the thread.

    def _load(self) -> None:
        with contextlib.suppress(UserError):  # said when something is to be seen
            self._glass.current()

    def _imagine(self, history: History, now: float) -> Sight | None:
        try:
            foresight = self._glass.current()
            before = time.thread_time()
            vision = foresight.look_ahead(history)
        except UserError as problem:
            self.blind, self._not_before = str(problem), now + PATIENCE
            return None
        matrix, side = foresight.camera, history.images.shape[1]
        self.projection = None if matrix is None else Projection(matrix, side)
        self.blind = ""
        self._not_before = now + (time.thread_time() - before) / self._share
        return history.images[-1], vision
