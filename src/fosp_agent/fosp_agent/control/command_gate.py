"""The command gate: the one place that decides whether a requested motion reaches the robot.

Units: positions [m], angles [rad], times [ns] unless a name says otherwise. A pose is
``(6,)``: x, y, z, roll, pitch, yaw. A target at the border of the workspace is clipped onto it
rather than vetoed, because a learning policy that leans on the border would otherwise freeze
there; the executed delta is then the clipped one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from fosp_agent.errors import UserError

Vector = npt.NDArray[np.float64]

SLACK = 1e-9
"""Rounding allowed on limits [m, rad]: a delta made as ``1.0 * scale`` must pass."""
NANOSECONDS = 1e9


class GateConfigError(UserError):
    """The limits of the gate contradict each other, or the robot."""


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


@dataclass(frozen=True)
class GateConfig:
    """Limits of the robot. The defaults are those of SafeReach and of the Franka set-up."""

    action_scale: tuple[float, ...] = (0.01, 0.01, 0.01, 0.05, 0.05, 0.05)
    """SI units per unit of normalised action, one per component."""
    use_pose: bool = True
    """False: a robot without a pose; the delta passes raw, clipped to [-1, 1]."""
    box_min: tuple[float, ...] = ()
    """Lower corner of the workspace box, x, y, z [m] (optionally also roll, pitch, yaw [rad])."""
    box_max: tuple[float, ...] = ()
    """Upper corner of the workspace box."""
    box_tolerance: float = 0.02
    """How far outside the box the measured pose may be before only motions back are allowed [m]."""
    step_limit: tuple[float, ...] = ()
    """Largest |component| of a delta; empty: the action scale."""
    max_speed: float = 0.25
    """Largest commanded speed of the end effector [m/s]."""
    max_turn_rate: float = 1.5
    """Largest commanded norm of the rate of (roll, pitch, yaw) [rad/s]."""
    period: float = 0.1
    """Time in which a step is executed [s]."""
    max_age: float = 0.5
    """Oldest observation that may be acted upon [s]."""
    max_lead: float = 0.2
    """How far in the future the stamp of an observation may lie [s] (clock offsets)."""
    sources: tuple[str, ...] = ("policy",)
    """Who may move the robot."""

    def __post_init__(self) -> None:
        size = len(self.action_scale)
        if size == 0 or not all(np.isfinite(s) and s > 0 for s in self.action_scale):
            raise GateConfigError(f"action_scale must be positive numbers, not {self.action_scale}")
        if self.step_limit and len(self.step_limit) != size:
            raise GateConfigError(f"step_limit needs {size} components, not {len(self.step_limit)}")
        if len(self.box_min) != len(self.box_max) or len(self.box_min) not in (0, 3, 6):
            raise GateConfigError("box_min and box_max need 3 or 6 numbers each (none: not armed)")
        if any(low >= high for low, high in zip(self.box_min, self.box_max, strict=True)):
            raise GateConfigError(f"box_min {self.box_min} must lie below box_max {self.box_max}")
        if self.period <= 0:
            raise GateConfigError(f"period must be positive [s], not {self.period}")
        if self.use_pose and size != 6:
            raise GateConfigError(f"a robot with a pose needs 6 action scales, not {size}")

    @property
    def size(self) -> int:
        """Number of components A of an action."""
        return len(self.action_scale)


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


@dataclass(frozen=True)
class RobotState:
    """What the gate knows at the moment of judging."""

    now_ns: int
    episode_id: str = ""
    """The running episode; empty when none is."""
    pose: Vector | None = None
    """(6,) measured pose; None when none has arrived yet."""
    enabled: bool = True
    """False: an enable button exists and is not pressed."""


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
    """(A,) executed change over the action scale."""
    target: Vector | None
    """(6,) commanded pose (the held one when vetoed); None for robots without a pose."""
    repeated: bool = False
    """True: this request had been answered already; this is that same answer."""

    @property
    def accepted(self) -> bool:
        """Whether the motion is commanded."""
        return self.reason is Reason.ACCEPTED


@dataclass
class _Memory:
    """What was answered last, within one episode."""

    episode_id: str = ""
    verdict: Verdict | None = None
    accepted_stamp_ns: int | None = None
    target: Vector | None = field(default=None)


class CommandGate:
    """Judges requests one at a time. Time comes in with the state; nothing is read from outside."""

    def __init__(self, config: GateConfig) -> None:
        self.config = config
        self.veto_count = 0
        self.held = False
        """Whether the operator holds the robot still: every request is vetoed."""
        self._scale = np.asarray(config.action_scale, dtype=np.float64)
        self._limit = np.asarray(config.step_limit or config.action_scale, dtype=np.float64)
        self._box_axes = len(config.box_min)
        self._low = np.full(config.size, -np.inf)
        self._high = np.full(config.size, np.inf)
        self._low[: self._box_axes] = config.box_min
        self._high[: self._box_axes] = config.box_max
        self._memory = _Memory()

    def judge(self, request: Request, state: RobotState) -> Verdict:
        """Answer a request.

        A repeated (episode, step) gets the first answer again, marked ``repeated``. A veto is
        counted once.
        """
        if not state.episode_id or request.episode_id != state.episode_id:
            running = f"episode {state.episode_id!r}" if state.episode_id else "no episode"
            detail = f"asked for episode {request.episode_id!r}, but {running} is running"
            return self._veto(request, state, Reason.NO_EPISODE, detail)
        if self._memory.episode_id != request.episode_id:
            self._memory = _Memory(request.episode_id)
        earlier = self._memory.verdict
        if earlier is not None and request.step <= earlier.step:
            return self._again(request, state, earlier)
        verdict = self._first_answer(request, state)
        self._memory.verdict = verdict
        if verdict.accepted:
            self._memory.accepted_stamp_ns = request.stamp_ns
            self._memory.target = verdict.target
        return verdict

    def _again(self, request: Request, state: RobotState, earlier: Verdict) -> Verdict:
        if request.step < earlier.step:
            detail = f"step {request.step} is over: step {earlier.step} was already answered"
            return self._veto(request, state, Reason.DUPLICATE, detail)
        return Verdict(**{**earlier.__dict__, "repeated": True})

    def _first_answer(self, request: Request, state: RobotState) -> Verdict:
        problem = self._problem(request, state)
        if problem is not None:
            return self._veto(request, state, *problem)
        if not self.config.use_pose:
            delta = np.clip(request.delta, -1.0, 1.0)
            return self._accept(request, delta, None, _clip_detail(request.delta, delta))
        assert state.pose is not None  # _problem vetoes with NOT_ARMED otherwise
        delta, target = self._clip(state.pose, request.delta)
        return self._accept(request, delta, target, _clip_detail(request.delta, delta))

    def _problem(self, request: Request, state: RobotState) -> tuple[Reason, str] | None:
        """First reason to veto, cheap and certain ones first."""
        config = self.config
        if self.held:
            return Reason.HELD, "the operator holds the robot still: /hold with data: false lets go"
        if request.source not in config.sources:
            allowed = ", ".join(config.sources) or "nobody"
            return Reason.WRONG_SOURCE, f"{request.source!r} asked, only {allowed} may move it"
        if not state.enabled:
            return Reason.DEAD_MAN, "the enable button is not pressed"
        if request.delta.shape != (config.size,) or request.normalized.shape != (config.size,):
            sizes = f"delta {request.delta.size}, normalized {request.normalized.size}"
            return Reason.WRONG_SIZE, f"{sizes} components, the robot has {config.size}"
        if not (np.isfinite(request.delta).all() and np.isfinite(request.normalized).all()):
            return Reason.NOT_FINITE, f"delta is {_numbers(request.delta)}"
        age = (state.now_ns - request.stamp_ns) / NANOSECONDS
        if age > config.max_age or age < -config.max_lead:
            limits = f"allowed -{config.max_lead:g} to {config.max_age:g} s"
            return Reason.STALE, f"the observation is {age:.3f} s old, {limits}; compare clocks"
        if not config.use_pose:
            return None
        return self._unarmed(state) or self._motion_problem(request, state)

    def _unarmed(self, state: RobotState) -> tuple[Reason, str] | None:
        if not self._box_axes:
            return Reason.NOT_ARMED, "no workspace box: set the parameters box_min and box_max"
        if state.pose is None:
            return Reason.NOT_ARMED, "no pose of the robot has arrived yet"
        if state.pose.shape != (6,) or not np.isfinite(state.pose).all():
            return Reason.NOT_ARMED, f"the measured pose is unusable: {_numbers(state.pose)}"
        return None

    def _motion_problem(self, request: Request, state: RobotState) -> tuple[Reason, str] | None:
        config, delta = self.config, request.delta
        if (np.abs(delta) > self._limit + SLACK).any():
            asked, most = _numbers(delta), _numbers(self._limit)
            return Reason.STEP_TOO_LARGE, f"delta {asked} exceeds the step limit {most}"
        seconds = config.period
        if self._memory.accepted_stamp_ns is not None:
            since = (request.stamp_ns - self._memory.accepted_stamp_ns) / NANOSECONDS
            seconds = max(min(seconds, since), SLACK)
        speed, rate = (float(np.linalg.norm(part)) / seconds for part in (delta[:3], delta[3:]))
        if speed > config.max_speed or rate > config.max_turn_rate:
            asked = f"{speed:.3f} m/s and {rate:.3f} rad/s"
            most = f"{config.max_speed:g} m/s and {config.max_turn_rate:g} rad/s"
            return Reason.TOO_FAST, f"asked {asked}, the limits are {most}"
        assert state.pose is not None
        return self._away_from_box(state.pose, delta)

    def _away_from_box(self, pose: Vector, delta: Vector) -> tuple[Reason, str] | None:
        """Far outside the box, each axis that is outside must be led back."""
        tolerance = self.config.box_tolerance
        below = (pose < self._low - tolerance) & (delta <= 0)
        above = (pose > self._high + tolerance) & (delta >= 0)
        if not (below | above).any():
            return None
        box = f"{_numbers(self._low)} to {_numbers(self._high)}"
        where = f"the pose {_numbers(pose)} is outside the box {box}"
        return Reason.OUTSIDE_BOX, f"{where} and delta {_numbers(delta)} does not lead back"

    def _clip(self, pose: Vector, delta: Vector) -> tuple[Vector, Vector]:
        """Executed delta and target, both (6,): in the box, within the step limit.

        An axis whose measured pose lies outside the box by more than the tolerance moves back as
        asked; its target may still be outside, but is nearer than the pose.
        """
        delta = np.clip(delta, -self._limit, self._limit)
        asked = pose + delta
        target = np.clip(asked, self._low, self._high)
        limited = np.clip(target - pose, -self._limit, self._limit)
        tolerance = self.config.box_tolerance
        far = (pose < self._low - tolerance) | (pose > self._high + tolerance)
        unchanged = (target == asked) | far
        executed = np.where(unchanged, delta, limited)
        within = np.abs(target - pose) <= self._limit
        target = np.where(unchanged, asked, np.where(within, target, pose + limited))
        return executed, target

    def _accept(
        self, request: Request, delta: Vector, target: Vector | None, detail: str
    ) -> Verdict:
        normalized = delta / self._scale
        return Verdict(
            request.episode_id,
            request.step,
            request.source,
            Reason.ACCEPTED,
            detail,
            delta,
            normalized,
            target,
        )

    def _veto(self, request: Request, state: RobotState, reason: Reason, detail: str) -> Verdict:
        self.veto_count += 1
        zeros = np.zeros(self.config.size)
        held = self._memory.target if self._memory.target is not None else state.pose
        if not self.config.use_pose or (held is not None and not np.isfinite(held).all()):
            held = None
        return Verdict(
            request.episode_id, request.step, request.source, reason, detail, zeros, zeros, held
        )


def _clip_detail(asked: Vector, executed: Vector) -> str:
    if (np.abs(asked - executed) <= SLACK).all():
        return ""
    return f"clipped to the limits: asked {_numbers(asked)}, executed {_numbers(executed)}"


def _numbers(vector: Vector) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in vector) + ")"
