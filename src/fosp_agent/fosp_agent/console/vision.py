"""The world model's opinion, at a price: in a thread of its own, with a bounded share of a core."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from fosp_agent.console.board import Board, History
from fosp_agent.console.hub import Hub, picture
from fosp_agent.console.looking_glass import LookingGlass
from fosp_agent.console.media import jpeg, strip
from fosp_agent.errors import UserError
from fosp_agent.types import Episode

if TYPE_CHECKING:
    from fosp_agent.console.foresight import Foresight

SHARE = 0.12
"""Of one core, at most."""
PERIOD = 0.5
"""Between two looks ahead, at least [s]."""
PICTURE = 2
"""Kind of the picture messages."""
PICTURED = ("frames", "places")
"""Parts of a vision that the page is not told in numbers."""


class VisionLoop:
    """Looks ahead while a page watches, and judges whole episodes when asked.

    PyTorch is loaded with the first look: a console that nobody watches stays small.
    """

    def __init__(self, board: Board, hub: Hub, run_dir: Path, weights: Path | None) -> None:
        """Look through the weights that act.

        Args:
            board: what is seen, and which weights act.
            hub: whom to show it.
            run_dir: its ``weights`` are looked through.
            weights: those that act until the trainer announces others.
        """
        self._board, self._hub = board, hub
        self._glass = LookingGlass(board, run_dir, weights)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="foresight")
        self._foresight: Foresight | None = None
        self._complaint = ""
        self.version = 0

    async def judge(self, episode: Episode) -> tuple[list[float], list[float]]:
        """Expected reward (T,) and probability of cost (T,) of an episode.

        Raises:
            NoWeights, WeightsError, DoesNotFit: it has no opinion.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._judge, episode)

    async def run(self) -> None:
        """Look ahead for as long as the task lives."""
        loop = asyncio.get_running_loop()
        shown: tuple[str, int] | None = None
        while True:
            history = self._board.history() if self._hub.watching else None
            now = (history.episode_id, history.step) if history else None
            if history is None or now == shown:
                await asyncio.sleep(PERIOD / 2)
                continue
            shown = now
            spent = await loop.run_in_executor(self._thread, self._show, history)
            await asyncio.sleep(max(PERIOD, spent / SHARE))

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    # On the thread.

    def _judge(self, episode: Episode) -> tuple[list[float], list[float]]:
        return self._current().judge(episode)

    def _show(self, history: History) -> float:
        """Returns the processor time taken [s]; the loading of weights is not counted."""
        try:
            foresight = self._current()
            before = time.thread_time()
            vision = foresight.look_ahead(history)
        except UserError as problem:
            self._complain(str(problem))
            return 0.0
        about = {name: value for name, value in vars(vision).items() if name not in PICTURED}
        data = picture(PICTURE, about, jpeg(strip(list(vision.frames)), widest=8192))
        self._hub.show(PICTURE, data)
        return time.thread_time() - before

    def _complain(self, text: str) -> None:
        """Tell the pages once why there is nothing to see."""
        if text != self._complaint:
            self._complaint = text
            self._hub.broadcast([{"type": "blind", "message": text}])

    def _current(self) -> Foresight:
        foresight = self._glass.current()
        if foresight is not self._foresight:
            self._foresight, self._complaint = foresight, ""
            self.version = foresight.version
        return foresight
