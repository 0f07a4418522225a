"""The data that every room of the house shares. NumPy only: no torch, no ROS.

Shapes: B batch, T time (observations), A action size, P pose size, C image channels.

Alignment: ``reward[t]``, ``cost[t]`` and ``is_terminal[t]`` arrive *with* observation ``t``;
``action[t]`` is taken *after* it. An episode of N decisions has T = N + 1 observations, and the
action of its last observation is all zeros.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal, Protocol, TypedDict

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Episode:
    """One recorded episode, labels included."""

    id: str
    """Unique name, also the stem of its file."""
    image: ByteArray
    """(T, 64, 64, C) camera frames, C = 3 or 6."""
    pose: FloatArray
    """(T, P) x, y, z [m], roll, pitch, yaw [rad]; P = 0 for robots without a pose."""
    action: FloatArray
    """(T, A) executed actions in the network's units, each component in [-1, 1]."""
    reward: FloatArray
    """(T,) rewards; zeros while unlabelled."""
    cost: FloatArray
    """(T,) costs; zeros while unlabelled."""
    is_terminal: BoolArray
    """(T,) true where the task itself ended (not where time ran out)."""
    labelled: bool = True
    """False: reward and cost are unknown, and nothing may be learned from it."""
    task: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    operator: BoolArray | None = None
    """(T,) true where an operator moved the robot; None: nowhere, or unknown."""

    @property
    def by_operator(self) -> BoolArray:
        """(T,) `operator`, or all false."""
        return np.zeros(len(self), np.bool_) if self.operator is None else self.operator

    def __len__(self) -> int:
        """Number of observations T."""
        return len(self.image)

    @property
    def success(self) -> bool:
        """Whether the target was reached at least once."""
        return bool((self.reward > 0).any())

    @property
    def violation(self) -> bool:
        """Whether any cost was paid."""
        return bool((self.cost > 0).any())


@dataclass(frozen=True)
class Batch:
    """B sequences of T consecutive observations, each from within one episode."""

    image: ByteArray
    """(B, T, 64, 64, C)"""
    pose: FloatArray
    """(B, T, P)"""
    action: FloatArray
    """(B, T, A), taken after the observation of the same index."""
    reward: FloatArray
    """(B, T)"""
    cost: FloatArray
    """(B, T)"""
    is_first: BoolArray
    """(B, T), true at index 0 of every row, and at the first observation of an episode."""
    is_terminal: BoolArray
    """(B, T)"""
    episode: IntArray | None = None
    """(B,) which episode each row is of: the same number for the same episode; None: unknown."""
    intervention: BoolArray | None = None
    """(B, T) true where an operator took over from the acting policy: a demonstration among the
    policy's own steps. None: nowhere."""
    importance: FloatArray | None = None
    """(B,) how often uniform draws would give each row, against how often it is drawn here: the
    weight that takes oversampled contacts back. None: 1 each."""
    exemplary: FloatArray | None = None
    """(B,) 1 where the row's episode is one to imitate, else 0. None: all are."""
    goal: FloatArray | None = None
    """(B, P) a pose at which the row's episode was rewarded, NaN where it never was. None:
    unknown."""


class ShieldState(IntEnum):
    """What the feasibility shield did; the numbers of ``fosp_msgs/Action``."""

    OFF = 0
    PASSED = 1
    REPLACED = 2
    """Another candidate acts than the one chosen."""
    HELD = 3
    """No candidate acts: the robot holds still."""


@dataclass(frozen=True)
class Candidate:
    """One candidate action of the policy expansion (eq. 21-22)."""

    policy: str
    """"offline" or "new"; or "cloning", "plan" (the one chosen before, continued), "search",
    "hold" (nothing moves)."""
    action: FloatArray
    """(A,) in [-1, 1]."""
    q_r: float
    q_c: float
    probability: float
    violation: float = float("nan")
    """Predicted probability of a violation along its imagined course; NaN: not imagined."""
    feasibility: float = float("nan")
    """u of the imagined state that it leads to; NaN: not imagined."""


@dataclass(frozen=True)
class Decision:
    """What the policy wants to do, and why."""

    action: FloatArray
    """(A,) in [-1, 1]: exactly ``candidates[chosen].action``."""
    chosen: int
    candidates: tuple[Candidate, ...]
    feasibility: float
    """u = 1 - P(violation) of the current state, in [0, 1]."""
    dropped: int = 0
    """Candidates that planning dropped for their predicted violation; if all, the least violating
    was chosen."""
    shield: ShieldState = ShieldState.OFF
    shield_reason: str = ""
    """Why the shield did not let the choice act; empty when it did."""


class ObservationDict(TypedDict):
    """What an environment shows: the same two things the robot shows."""

    image: ByteArray
    """(64, 64, C)"""
    pose: FloatArray
    """(P,)"""


Objective = Literal["reach", "return"]
"""How an episode is judged. reach: it succeeds when a target is touched, and any cost is a
violation, so that rates are counted. return: rewards and costs are amounts, so that their sums are
averaged."""


class Environment(Protocol):
    """A simulated robot with Safety-Gymnasium's six-tuple step.

    Implementations register under the entry point group ``fosp_agent.environments``; the agent
    never imports a simulator by name.
    """

    action_size: int
    max_steps: int
    """Decisions of an episode."""
    objective: Objective
    action_repeat: int
    """Steps of the task behind one decision; its reward and cost are summed over them."""

    def reset(self, *, seed: int | None = None) -> tuple[ObservationDict, dict[str, Any]]:
        """Start an episode whose scene is a function of the seed."""
        ...

    def step(
        self, action: FloatArray
    ) -> tuple[ObservationDict, float, float, bool, bool, dict[str, Any]]:
        """Take a normalised action (A,) in [-1, 1].

        Returns:
            observation, reward, cost, terminated, truncated, info.
        """
        ...

    def close(self) -> None:
        """Free what the simulator holds."""
        ...
