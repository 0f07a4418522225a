"""Pairs camera frames with poses and counts the steps of an episode.

Stamps are nanoseconds. A frame is used once; the same frame sent again (a simulator that repeats
itself because a message got lost) gives the same observation again, never a new step.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fosp_agent.types import ByteArray

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairingConfig:
    """How frames and poses belong together."""

    use_pose: bool = True
    """False: the robot has no pose; frames alone are observations."""
    tolerance: float = 0.05
    """Largest difference between the stamps of a frame and its pose [s]."""
    min_period: float = 0.0
    """Frames that follow the last observation sooner than this are left out [s]."""
    settle: float = 0.0
    """Frames of the first moments of an episode are left out, this long [s]; 0: all are taken,
    and the clock of the session is not compared with that of the camera."""
    repeat_frames: bool = True
    """A frame received again gives the same observation again."""


@dataclass(frozen=True)
class SessionView:
    """What the assembler must know of the session."""

    running: bool = False
    episode_id: str = ""
    max_steps: int = 0
    started_ns: int = 0
    """When the episode started."""


@dataclass(frozen=True)
class Assembled:
    """One observation."""

    episode_id: str
    """Empty between episodes."""
    step: int
    is_first: bool
    is_last: bool
    image: ByteArray
    image_stamp_ns: int
    pose: Vector
    """(6,), or (0,) without a pose."""
    pose_stamp_ns: int


class ObservationAssembler:
    """Feed it the session, frames and poses; it returns observations when one is complete."""

    def __init__(self, config: PairingConfig, remembered_poses: int = 100) -> None:
        self._config = config
        self._session = SessionView()
        self._poses: deque[tuple[int, Vector]] = deque(maxlen=remembered_poses)
        self._frame: tuple[int, ByteArray] | None = None
        self._last: Assembled | None = None
        self._next_step = 0

    @property
    def steps(self) -> int:
        """Observations of the running episode so far."""
        return self._next_step

    @property
    def running(self) -> bool:
        """Whether an episode is running."""
        return self._session.running

    def session(self, view: SessionView) -> None:
        """Take note of the session; a new episode starts at step 0."""
        if view.running and view.episode_id != self._session.episode_id:
            self._next_step = 0
        ended = self._session.running and not view.running
        self._session = view
        if ended:
            self._frame = None

    def image(self, stamp_ns: int, image: ByteArray) -> Assembled | None:
        """A frame arrived."""
        last = self._last
        if last is not None and stamp_ns == last.image_stamp_ns:
            # A first frame that came before the news that its episode runs is still to be used.
            early = not last.episode_id and self._session.running and self._next_step == 0
            if not (early and self._config.repeat_frames):
                return self._again(last)
        self._frame = (stamp_ns, image)
        return self._match()

    def pose(self, stamp_ns: int, pose: Vector) -> Assembled | None:
        """A pose (6,) arrived."""
        if not self._poses or self._poses[-1][0] != stamp_ns:
            self._poses.append((stamp_ns, pose))
        return self._match() if self._frame is not None else None

    def _again(self, last: Assembled) -> Assembled | None:
        running = self._session.running and last.episode_id == self._session.episode_id
        return last if self._config.repeat_frames and running else None

    def _match(self) -> Assembled | None:
        if self._frame is None:
            return None
        stamp_ns, image = self._frame
        if not self._due(stamp_ns):
            return None
        if not self._config.use_pose:
            return self._emit(stamp_ns, image, stamp_ns, np.zeros(0))
        if not self._poses:
            return None
        pose_ns, pose = min(self._poses, key=lambda entry: abs(entry[0] - stamp_ns))
        if abs(pose_ns - stamp_ns) > self._config.tolerance * 1e9:
            return None
        return self._emit(stamp_ns, image, pose_ns, pose)

    def _due(self, stamp_ns: int) -> bool:
        """Whether a frame of this age may become an observation."""
        config, session = self._config, self._session
        if session.running:
            if self._next_step > session.max_steps:
                return False
            if config.settle > 0 and stamp_ns <= session.started_ns + config.settle * 1e9:
                return False
        if self._last is None or (session.running and self._next_step == 0):
            return True
        return stamp_ns - self._last.image_stamp_ns >= config.min_period * 1e9

    def _emit(self, stamp_ns: int, image: ByteArray, pose_ns: int, pose: Vector) -> Assembled:
        session = self._session
        step = self._next_step if session.running else 0
        made = Assembled(
            session.episode_id if session.running else "",
            step,
            session.running and step == 0,
            session.running and step == session.max_steps,
            image,
            stamp_ns,
            pose,
            pose_ns,
        )
        self._next_step += session.running
        self._last, self._frame = made, None
        return made
