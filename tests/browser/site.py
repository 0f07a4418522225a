"""A console without a stack: its own server and journal, over episodes that the test recorded."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp.test_utils import TestServer

from fakes.label_journal import LabelJournal
from fosp_agent.console.access import Access
from fosp_agent.console.board import Board, Seen
from fosp_agent.console.server import About, Console
from fosp_agent.control.gate_verdict import Reason
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.episodes.labels import LabelRecord, Span, expand
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.streams import WrenchRecord
from fosp_agent.types import ByteArray, Candidate

LENGTH = 81
PERIOD = 100_000_000
SIX = np.full(6, 0.25)
TOUCHES = range(40, 50)
"""Steps at which every recorded arm is pressed."""
VETOED = 12


def image(step: int, tint: int = 0) -> ByteArray:
    """A frame (64, 64, 3) in which something moves."""
    frame = np.full((64, 64, 3), (90, 80 + tint % 90, 70), np.uint8)
    frame[20:40, step % 60 : step % 60 + 8] = (240, 240, 240)
    frame[48:60, 10:20] = (220, 30, 20)
    return frame


def action(episode_id: str, step: int, version: int) -> ActionRecord:
    """Of the policy expansion."""
    candidates = tuple(
        Candidate(name, SIX.astype(np.float32), 20.0 + step / 10, step / 40, 0.5)
        for name in ("offline", "new")
    )
    chosen = step // 7 % 2
    return ActionRecord(
        step * PERIOD, episode_id, step, "policy", SIX, SIX, chosen=chosen, candidates=candidates,
        feasibility=1 - step / 100, weights_version=version,
    )  # fmt: skip


def verdict(episode_id: str, step: int) -> VerdictRecord:
    """Of the gate; one step is vetoed."""
    accepted = step != VETOED
    reason = 0 if accepted else int(Reason.STEP_TOO_LARGE)
    detail = "" if accepted else "dx is 0.031 m, at most 0.012 m"
    executed = SIX if accepted else np.zeros(6)
    return VerdictRecord(
        step * PERIOD, episode_id, step, "policy", accepted, executed, executed, reason=reason,
        detail=detail,
    )  # fmt: skip


def seen(episode_id: str, step: int) -> Seen:
    """An observation of the running episode."""
    return Seen(episode_id, step, image(step), np.full(6, step / 100, np.float32))


def record(store: EpisodeStore, name: str, task: str = "original", version: int = 0) -> None:
    """One whole unlabelled episode with actions, verdicts and forces."""
    metadata = {"task": task, "seed": "1", "max_steps": str(LENGTH - 1), "source": "policy"}
    writer = store.writer(name, metadata, [0.01] * 6)
    for step in range(LENGTH):
        stamp, last = step * PERIOD, step == LENGTH - 1
        pose = np.array([0.4 + step / 400, 0.05 * np.sin(step / 20 + version), 0.1, 0, 0, 0])
        frame = image(step, hash(name))
        writer.observation(
            stamp, ObservationRecord(stamp, name, step, step == 0, last, frame, pose)
        )
        push = np.array([0.0, 8.0 if step in TOUCHES else 0.0, 0.0, 0.0, 0.0, 0.0])
        writer.stream(WrenchRecord(stamp, push))
        if not last:
            writer.action(stamp, action(name, step, version))
            writer.verdict(stamp, verdict(name, step))
    writer.close()


def label(store: EpisodeStore, name: str, *spans: Span, discard: bool = False) -> None:
    """Label an episode as somebody did before the test."""
    arrays = expand(list(spans), LENGTH)
    store.labels.add(LabelRecord(name, *arrays, "earlier", discard=discard))


class Site:
    """A running console."""

    def __init__(self, console: Console, board: Board, run: Path, port: int) -> None:
        self.console, self.board = console, board
        self.store = EpisodeStore(run / "episodes")
        self.url = f"http://127.0.0.1:{port}/"

    def runs(self, episode_id: str, steps: int) -> None:
        """An episode runs, and has come so far."""
        waits = "the end of the episode"
        snapshot = Snapshot(Phase.RUNNING, episode_id, 3, 4, "original", 80, True, waits)
        self.board.session(snapshot)
        for step in range(steps):
            self.board.observation(seen(episode_id, step))
            self.board.action(action(episode_id, step, 1))
            self.board.verdict(verdict(episode_id, step))


@contextmanager
def served(run: Path, weights: Path | None = None) -> Iterator[Site]:
    """Serve the episodes of a folder, from a thread of its own."""
    names = ("command_gate_node", "policy_node", "trainer_node")
    board = Board(names)
    about = About("run", names, "me")
    loop, started = asyncio.new_event_loop(), threading.Event()
    found: dict[str, Any] = {}
    ended = asyncio.Event()

    async def serve() -> None:
        robot, access = LabelJournal(run), Access.of("127.0.0.1", "")
        console = Console(board, robot, access, run, weights, about)
        async with TestServer(console.application()) as server:
            found["site"] = Site(console, board, run, server.port or 0)
            started.set()
            while not ended.is_set():
                for name in names:
                    board.beat(name, time.monotonic())
                await asyncio.sleep(0.2)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        assert started.wait(20), "the console did not start"
        found["site"].console.workspace([0.365, -0.13, 0.018], [0.69, 0.13, 0.125])
        yield found["site"]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


EPISODES: Mapping[str, tuple[str, int, tuple[Span, ...] | None]] = {
    "original-1-a": ("original", 0, (Span("reward", 50, 80),)),
    "original-2-b": ("original", 1, (Span("reward", 60, 80), Span("cost", 40, 49))),
    "original-3-c": ("original", 1, (Span("cost", 20, 30),)),
    "three_obstacles-4-d": ("three_obstacles", 2, ()),
    "three_obstacles-5-e": ("three_obstacles", 2, None),
    "three_obstacles-6-f": ("three_obstacles", 2, None),
    "original-7-g": ("original", 2, None),
}
"""Task, version and label of each; None: unlabelled."""


def history(run: Path) -> EpisodeStore:
    """A run with episodes of every kind."""
    store = EpisodeStore(run / "episodes")
    for name, (task, version, spans) in EPISODES.items():
        record(store, name, task, version)
        if spans is not None:
            label(store, name, *spans)
    return store
