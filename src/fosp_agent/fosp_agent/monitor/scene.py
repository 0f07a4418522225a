"""What happens in the running episode, kept for drawing. Fed step by step, judges nothing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fosp_agent.console.timeline import acting_policy, reason_name
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.episodes.records import DUPLICATE, ActionRecord, ObservationRecord, VerdictRecord

if TYPE_CHECKING:
    from fosp_agent.console.foresight import Vision

Vector = npt.NDArray[np.float64]

MOST_VETOES = 30
"""Vetoed requests of an episode that are kept to be shown."""


@dataclass(frozen=True)
class Refusal:
    """A request that the gate vetoed."""

    step: int
    place: Vector
    """(3,) where the tool would have gone [m]."""
    reason: str
    detail: str


@dataclass(frozen=True)
class Passed:
    """A place of the executed path."""

    place: Vector
    """(3,) [m]"""
    actor: str
    """Who brought the tool there."""


class Scene:
    """The newest of everything, and the way that the tool has gone in this episode."""

    def __init__(self, action_scale: tuple[float, ...]) -> None:
        """Begin with nothing seen.

        Args:
            action_scale: (A,) SI units per unit of normalised action.
        """
        self.scale = np.asarray(action_scale, np.float64)
        self.box: tuple[Vector, Vector] | None = None
        """Lowest and highest corner of the workspace (3,) [m], where they are known."""
        self.session: Snapshot | None = None
        self.episode_id = ""
        self.observation: ObservationRecord | None = None
        self.action: ActionRecord | None = None
        self.verdict: VerdictRecord | None = None
        self.vision: Vision | None = None
        self.path: list[Passed] = []
        self.refusals: deque[Refusal] = deque(maxlen=MOST_VETOES)
        self.vetoed = 0
        """Requests vetoed in this episode."""

    # -- fed --------------------------------------------------------------------------------

    def hear_session(self, snapshot: Snapshot) -> None:
        """The session's state."""
        self.session = snapshot
        if snapshot.phase is Phase.RUNNING:
            self._follow(snapshot.episode_id)

    def see(self, record: ObservationRecord) -> None:
        """An observation."""
        if not self._current(record.episode_id):
            return
        if self.observation is not None and record.step <= self.observation.step:
            return
        self.observation = record
        if len(record.pose) >= 3:
            self.path.append(Passed(np.array(record.pose[:3]), self.actor))

    def ask(self, record: ActionRecord) -> None:
        """A requested motion."""
        if self._current(record.episode_id):
            self.action = record

    def answer(self, record: VerdictRecord) -> None:
        """The gate's verdict."""
        if not self._current(record.episode_id) or record.reason == DUPLICATE:
            return
        self.verdict = record
        if not record.accepted:
            self.vetoed += 1
            if (place := self._asked(record.step)) is not None:
                reason = reason_name(record.reason)
                self.refusals.append(Refusal(record.step, place, reason, record.detail))

    def expect(self, vision: Vision) -> None:
        """What the world model makes of it."""
        if vision.episode_id == self.episode_id:
            self.vision = vision

    # -- read -------------------------------------------------------------------------------

    @property
    def actor(self) -> str:
        """Who acts: the policy of the chosen candidate, or another source; empty: nobody yet."""
        return acting_policy(self.action) if self.action is not None else ""

    @property
    def place(self) -> Vector | None:
        """(3,) where the tool is; None where that is not known [m]."""
        return self.path[-1].place if self.path else None

    @property
    def turn(self) -> Vector | None:
        """(3,) roll, pitch, yaw of the tool [rad]."""
        seen = self.observation
        return seen.pose[3:6] if seen is not None and len(seen.pose) >= 6 else None

    @property
    def vetoed_now(self) -> bool:
        """Whether the newest request was vetoed."""
        return self.verdict is not None and not self.verdict.accepted

    def moves(self) -> list[tuple[str, Vector, bool]]:
        """Each candidate of the newest request: policy, motion (3,) [m], and whether it acts.

        A request without candidates, such as an operator's, is its own only one.
        """
        action = self.action
        if action is None or len(action.delta) < 3:
            return []
        if not action.candidates:
            return [(action.source, np.array(action.delta[:3]), True)]
        return [
            (
                one.policy,
                np.asarray(one.action[:3] * self.scale[:3], np.float64),
                i == action.chosen,
            )
            for i, one in enumerate(action.candidates)
        ]

    # -- inside -----------------------------------------------------------------------------

    def _asked(self, step: int) -> Vector | None:
        """Where the tool would have gone with the request of a step."""
        action, place = self.action, self.place
        if place is None:
            return None
        if action is None or action.step != step or len(action.delta) < 3:
            return place
        move = np.asarray(action.delta[:3], np.float64)
        return place + move if np.isfinite(move).all() else place

    def _current(self, episode_id: str) -> bool:
        """Whether it is about the episode shown; the first one heard of begins by itself."""
        if not self.episode_id and self.session is None:
            self._follow(episode_id)
        return bool(episode_id) and episode_id == self.episode_id

    def _follow(self, episode_id: str) -> None:
        if episode_id == self.episode_id:
            return
        self.episode_id = episode_id
        self.observation = self.action = self.verdict = self.vision = None
        self.path, self.vetoed = [], 0
        self.refusals.clear()
