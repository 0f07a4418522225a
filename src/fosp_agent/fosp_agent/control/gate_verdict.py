"""What is asked of the command gate, what it knows, and what it answers.

Units: positions [m], angles [rad], times [ns]. A pose is ``(6,)``: x, y, z, roll, pitch, yaw.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from fosp_agent.control.gate_sources import Operator

Vector = npt.NDArray[np.float64]


class Reason(IntEnum):
    """Why a request was accepted or vetoed; the numbers of ``fosp_msgs/CommandVerdict``."""

    ACCEPTED = 0
    NOT_FINITE = 1
    STALE = 2
    OUTSIDE_BOX = 3
    STEP_TOO_LARGE = 4
    TOO_FAST = 5
    NO_EPISODE = 6
    WRONG_SOURCE = 7
    DEAD_MAN = 8
    NOT_ARMED = 9
    DUPLICATE = 10
    WRONG_SIZE = 11
    HELD = 12
    TOO_JERKY = 13
    TILTED = 14
    WRONG_FRAME = 15
    TWO_GATES = 16
    CLOCK_JUMP = 17


Problem = tuple[Reason, str]
"""Why not, and the same for people."""


@dataclass(frozen=True)
class Request:
    """A requested motion: the fields of ``fosp_msgs/Action`` that matter here."""

    episode_id: str
    step: int
    stamp_ns: int
    """Stamp of the observation acted upon."""
    source: str
    delta: Vector
    """(A,) change of pose [m, rad], or the raw action of a robot without a pose."""
    normalized: Vector
    """(A,) the same over the action scale."""
    frame_id: str = ""
    """Frame of the delta; empty: the base frame."""
    note: str = ""
    """Why this is asked for and nothing else; goes into the verdict's detail."""


@dataclass(frozen=True)
class RobotState:
    """What the gate knows at the moment of judging."""

    now_ns: int
    episode_id: str = ""
    """The running episode; empty when none is."""
    pose: Vector | None = None
    """(6,) measured pose; None when none has arrived yet."""
    pose_stamp_ns: int | None = None
    """When the pose was measured; None: now."""
    operator: Operator = field(default_factory=Operator)
    """The operator's buttons."""
    alarm: Problem | None = None
    """What is wrong with the gate's surroundings: a second gate, a clock that jumped, a pose in
    another frame. Nothing moves while it stands."""


@dataclass(frozen=True)
class Verdict:
    """The answer to one request: the fields of ``fosp_msgs/CommandVerdict``."""

    episode_id: str
    step: int
    source: str
    reason: Reason
    detail: str
    delta: Vector
    """(A,) executed change; zeros when vetoed."""
    normalized: Vector
    """(A,) executed change over the action scale, in [-1, 1]; zeros when vetoed."""
    target: Vector | None
    """(6,) commanded pose (the held one when vetoed); None for robots without a pose."""
    repeated: bool = False
    """True: this request had been answered already; this is that same answer."""

    @property
    def accepted(self) -> bool:
        """Whether the motion is commanded."""
        return self.reason is Reason.ACCEPTED


def in_words(vector: Vector) -> str:
    """Numbers for people, four digits each."""
    return "(" + ", ".join(f"{value:.4g}" for value in vector) + ")"
