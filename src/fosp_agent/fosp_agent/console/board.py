"""What the page shows of the running stack. Fed from the middleware's thread, read by the server's.

Times are seconds of one monotonic clock, passed in.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fosp_agent.console.timeline import Row, Timeline
from fosp_agent.control.gate_verdict import Reason
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.control.verbs import ROBOT_VERBS, named_in
from fosp_agent.episodes.records import ActionRecord, VerdictRecord
from fosp_agent.types import ByteArray, FloatArray

SILENCE = 1.5
"""A node that beats twice a second and was silent this long is dead [s]."""
STARTING = 60.0
"""A node that was not heard yet may take so long to come up before it is called dead [s]."""
MEMORY = 8
"""Observations that imagination starts from."""


@dataclass(frozen=True)
class Seen:
    """An observation, as imagination needs it."""

    episode_id: str
    step: int
    image: ByteArray
    """(64, 64, C)"""
    pose: FloatArray
    """(P,)"""


@dataclass(frozen=True)
class History:
    """The latest observations of an episode without a gap, oldest first, T of them."""

    episode_id: str
    step: int
    """Of the newest."""
    images: ByteArray
    """(T, 64, 64, C)"""
    poses: FloatArray
    """(T, P)"""
    actions: FloatArray
    """(T - 1, A) executed after each but the newest; zeros where vetoed."""
    policy: str
    """Who acted last; empty: unknown."""


class Board:
    """The state of the stack in JSON-able pieces, and which of them changed."""

    def __init__(self, expected: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._beats: dict[str, float] = dict.fromkeys(expected, -np.inf)
        self._since: float | None = None
        self._pieces: dict[str, Any] = {
            "session": None,
            "held": False,
            "services": _services({}),
            "recovery": "",
            "announced": None,
            "acting": None,
            "progress": None,
            "nodes": [],
        }
        self._dirty: set[str] = set()
        self._episode_id = ""
        self._timeline = Timeline()
        self._new_rows: dict[int, Row] = {}
        self._seen: deque[Seen] = deque(maxlen=MEMORY)
        self._executed: dict[int, FloatArray] = {}
        self._events: list[dict[str, Any]] = []

    # -- fed by the middleware --------------------------------------------------------------

    def session(self, snapshot: Snapshot) -> None:
        """The session's state."""
        phase = Phase(snapshot.phase)
        piece = {
            "phase": phase.name,
            "episode_id": snapshot.episode_id,
            "index": snapshot.index,
            "seed": str(snapshot.seed),
            "task": snapshot.task,
            "max_steps": snapshot.max_steps,
            "learn": snapshot.learn,
            "waiting_for": snapshot.waiting_for,
            "waits_for": named_in(snapshot.waiting_for),
            "cost_spent": snapshot.cost_spent,
            "cost_budget": snapshot.cost_budget,
        }
        with self._lock:
            self._set("session", piece)
            if phase is Phase.RUNNING:
                self._follow(snapshot.episode_id)

    def weights(self, which: str, piece: Mapping[str, Any]) -> None:
        """What the trainer "announced", or the policy is "acting" with."""
        with self._lock:
            self._set(which, dict(piece))

    def progress(self, piece: Mapping[str, Any] | None) -> None:
        """How far the trainer is with its lesson."""
        with self._lock:
            self._set("progress", dict(piece) if piece else None)

    def held(self, held: bool) -> None:
        """Whether the operator holds the robot still."""
        with self._lock:
            self._set("held", held)

    def services(self, offered: Mapping[str, bool]) -> None:
        """Which of the robot's verbs somebody serves now."""
        with self._lock:
            self._set("services", _services(offered))

    def recovery(self, reason: str) -> None:
        """Why the arm asks for its recovery; empty: it does not."""
        with self._lock:
            self._set("recovery", reason)

    def event(self, event: Mapping[str, Any]) -> None:
        """Something happened to an episode."""
        with self._lock:
            self._events.append(dict(event))

    def beat(self, node: str, now: float) -> None:
        """A node lives."""
        with self._lock:
            self._beats[node] = now

    def observation(self, seen: Seen) -> None:
        """An observation went by."""
        with self._lock:
            self._follow(seen.episode_id)
            if not self._seen or seen.step > self._seen[-1].step:
                self._seen.append(seen)

    def action(self, action: ActionRecord) -> None:
        """Somebody asked for a motion."""
        with self._lock:
            self._follow(action.episode_id)
            known = self._timeline.rows.get(action.step, {})
            if action.episode_id == self._episode_id and "policy" not in known:
                self._new_rows[action.step] = self._timeline.action(action)

    def verdict(self, verdict: VerdictRecord) -> None:
        """The gate answered."""
        with self._lock:
            if verdict.episode_id != self._episode_id:
                return
            if verdict.accepted or verdict.reason == Reason.HELD:
                self._set("held", not verdict.accepted)
            if (row := self._timeline.verdict(verdict)) is not None:
                self._new_rows[verdict.step] = row
                self._executed[verdict.step] = np.asarray(verdict.normalized, np.float32)

    # -- read by the server -----------------------------------------------------------------

    def look_for_dead(self, now: float) -> None:
        """Bring the list of nodes up to date."""
        with self._lock:
            self._since = now if self._since is None else self._since
            young = now - self._since < STARTING
            nodes = [
                {
                    "name": name,
                    "alive": now - beat < SILENCE,
                    "starting": young and not np.isfinite(beat),
                }
                for name, beat in sorted(self._beats.items())
            ]
            self._set("nodes", nodes)

    def everything(self) -> list[dict[str, Any]]:
        """Messages for a page that has just come."""
        with self._lock:
            return [
                {"type": "live", **self._pieces},
                {"type": "steps", "episode_id": self._episode_id, "reset": True}
                | {"rows": self._timeline.ordered()},
            ]

    def changes(self) -> list[dict[str, Any]]:
        """Messages for everyone, about what changed since the last call."""
        with self._lock:
            messages: list[dict[str, Any]] = []
            if self._dirty:
                pieces = {name: self._pieces[name] for name in sorted(self._dirty)}
                messages.append({"type": "live", **pieces})
                self._dirty.clear()
            if self._new_rows:
                rows = [dict(self._new_rows[step]) for step in sorted(self._new_rows)]
                messages.append({"type": "steps", "episode_id": self._episode_id, "rows": rows})
                self._new_rows.clear()
            return messages

    def events(self) -> list[dict[str, Any]]:
        """Events of episodes since the last call."""
        with self._lock:
            taken, self._events = self._events, []
            return taken

    def piece(self, name: str) -> Any:
        """One piece of the state: session, held, services, recovery, nodes and others."""
        with self._lock:
            return self._pieces[name]

    def newest(self) -> Seen | None:
        """The newest observation of the running episode."""
        with self._lock:
            return self._seen[-1] if self._seen else None

    def history(self) -> History | None:
        """What imagination starts from; None before the first observation."""
        with self._lock:
            run = _without_gap(list(self._seen))
            if not run:
                return None
            steps = [seen.step for seen in run]
            known = list(self._executed.values())
            size = len(known[-1]) if known else 0
            zeros = np.zeros(size, np.float32)
            executed = [self._executed.get(step, zeros) for step in steps[:-1]]
            rows = self._timeline.rows
            policy = next((rows[s]["policy"] for s in sorted(rows, reverse=True)
                           if "policy" in rows[s]), "")  # fmt: skip
        return History(
            run[-1].episode_id,
            steps[-1],
            np.stack([seen.image for seen in run]),
            np.stack([seen.pose for seen in run]),
            np.array(executed, np.float32).reshape(len(executed), size),
            policy,
        )

    # -- inside -----------------------------------------------------------------------------

    def _set(self, name: str, value: Any) -> None:
        if self._pieces[name] != value:
            self._pieces[name] = value
            self._dirty.add(name)

    def _follow(self, episode_id: str) -> None:
        """Begin a new timeline with a new episode. Late words of an old one change nothing."""
        session = self._pieces["session"]
        running = session["episode_id"] if session else episode_id
        if episode_id != running or episode_id == self._episode_id:
            return
        self._episode_id = episode_id
        self._timeline = Timeline()
        self._new_rows.clear()
        self._executed.clear()
        self._seen.clear()


def _services(offered: Mapping[str, bool]) -> dict[str, dict[str, Any]]:
    """Each of the robot's verbs: the service to call, and whether somebody serves it."""
    return {
        what: {"call": verb.call, "offered": offered.get(what, False)}
        for what, verb in ROBOT_VERBS.items()
    }


def _without_gap(run: Sequence[Seen]) -> list[Seen]:
    """The tail whose steps follow each other."""
    tail: list[Seen] = []
    for seen in reversed(run):
        if tail and seen.step != tail[0].step - 1:
            break
        tail.insert(0, seen)
    return tail
