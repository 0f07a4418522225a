"""The command gate: the one place that decides whether a requested motion reaches the robot.

Units: positions [m], angles [rad], times [ns] unless a name says otherwise. A pose is
``(6,)``: x, y, z, roll, pitch, yaw.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_motion import NANOSECONDS, SLACK, Motion, MotionLimits
from fosp_agent.control.gate_sources import RESET, ButtonState, HandOver, Operator, holder, refusal
from fosp_agent.control.gate_verdict import (
    Problem,
    Reason,
    Request,
    RobotState,
    Vector,
    Verdict,
    in_words,
)


@dataclass
class _Memory:
    """What was answered last, within one episode (or one reset)."""

    episode_id: str = ""
    verdict: Verdict | None = None
    motion: Motion | None = None


class CommandGate:
    """Judges requests one at a time. Time comes in with the state; nothing is read from outside."""

    def __init__(self, config: GateConfig) -> None:
        self.config = config
        self.vetoes: Counter[Reason] = Counter()
        """Vetoes so far, by reason."""
        self.held = False
        """Whether the operator holds the robot still: every request is vetoed."""
        self._scale = np.asarray(config.action_scale, dtype=np.float64)
        self._limits = MotionLimits(config)
        self._hand_over = HandOver()
        self._memory = _Memory()

    @property
    def veto_count(self) -> int:
        """Vetoes so far."""
        return sum(self.vetoes.values())

    def notice(self, state: RobotState) -> None:
        """The state changed: whoever holds the robot from now on starts from what is seen now."""
        self._hand_over.notice(holder(state.episode_id, state.operator), state.now_ns)

    def judge(self, request: Request, state: RobotState) -> Verdict:
        """Answer a request.

        A repeated (episode, step) gets the first answer again, marked ``repeated``. A veto is
        counted once. A request by a source that does not hold the robot does not use up its step.
        """
        self.notice(state)
        problem = self._not_now(request, state) or self._not_you(request, state)
        if problem is not None:
            return self._veto(request, state, *problem)
        if self._memory.episode_id != request.episode_id:
            self._memory = _Memory(request.episode_id)
        earlier = self._memory.verdict
        if earlier is not None and request.step <= earlier.step:
            return self._again(request, state, earlier)
        verdict = self._first_answer(request, state)
        self._memory.verdict = verdict
        return verdict

    def _not_now(self, request: Request, state: RobotState) -> Problem | None:
        if request.source == RESET or (state.episode_id and request.episode_id == state.episode_id):
            return None
        running = f"episode {state.episode_id!r}" if state.episode_id else "no episode"
        detail = f"asked for episode {request.episode_id!r}, but {running} is running"
        return Reason.NO_EPISODE, detail

    def _not_you(self, request: Request, state: RobotState) -> Problem | None:
        if request.source not in self.config.sources:
            allowed = ", ".join(self.config.sources) or "nobody"
            return Reason.WRONG_SOURCE, f"{request.source!r} asked, only {allowed} may move it"
        held_by = holder(state.episode_id, state.operator)
        if not held_by:
            gone = "the enable button fell silent while it was held"
            return Reason.DEAD_MAN, f"{gone}: is the operator's device plugged in?"
        if request.source != held_by:
            why = refusal(request.source, held_by)
            return Reason.WRONG_SOURCE, f"{request.source!r} asked: {why}"
        if self._hand_over.before(request.stamp_ns, state.now_ns):
            before = "is from before the hand-over"
            return Reason.WRONG_SOURCE, f"{request.source!r} asked: its observation {before}"
        return None

    def _again(self, request: Request, state: RobotState, earlier: Verdict) -> Verdict:
        if request.step < earlier.step or request.source != earlier.source:
            answered = f"step {earlier.step} of {earlier.source!r} was already answered"
            detail = f"step {request.step} of {request.source!r} is over: {answered}"
            return self._veto(request, state, Reason.DUPLICATE, detail)
        return replace(earlier, repeated=True)

    def _first_answer(self, request: Request, state: RobotState) -> Verdict:
        problem = self._problem(request, state)
        if problem is not None:
            return self._veto(request, state, *problem)
        if not self.config.use_pose:
            delta = np.clip(request.delta, -1.0, 1.0)
            return self._accept(request, delta, None)
        assert state.pose is not None  # _problem vetoes with NOT_ARMED otherwise
        made = self._limits.motion(
            state.pose, request.delta, request.stamp_ns, state.now_ns, self._memory.motion
        )
        if not isinstance(made, Motion):
            return self._veto(request, state, *made)
        self._memory.motion = made
        return self._accept(request, made.delta, made.target)

    def _problem(self, request: Request, state: RobotState) -> Problem | None:
        """First reason to veto that is not about the motion itself."""
        if self.held:
            return Reason.HELD, "the operator holds the robot still: /hold with data: false lets go"
        if state.alarm is not None:
            return state.alarm
        problem = self._hands_off(state.operator) or self._malformed(request)
        problem = problem or self._old(request.stamp_ns, "observation", state)
        if problem is not None or not self.config.use_pose:
            return problem
        return self._unarmed(state)

    def _hands_off(self, operator: Operator) -> Problem | None:
        if self.config.hold_to_run and operator.dead_man is not ButtonState.PRESSED:
            return Reason.DEAD_MAN, f"the hold-to-run button is {operator.dead_man.value}"
        return None

    def _malformed(self, request: Request) -> Problem | None:
        size = self.config.size
        if request.delta.shape != (size,) or request.normalized.shape != (size,):
            sizes = f"delta {request.delta.size}, normalized {request.normalized.size}"
            return Reason.WRONG_SIZE, f"{sizes} components, the robot has {size}"
        if not (np.isfinite(request.delta).all() and np.isfinite(request.normalized).all()):
            return Reason.NOT_FINITE, f"delta is {in_words(request.delta)}"
        return None

    def _old(self, stamp_ns: int, what: str, state: RobotState) -> Problem | None:
        config, age = self.config, (state.now_ns - stamp_ns) / NANOSECONDS
        if -config.max_lead <= age <= config.max_age:
            return None
        limits = f"allowed -{config.max_lead:g} to {config.max_age:g} s"
        return Reason.STALE, f"the {what} is {age:.3f} s old, {limits}; compare clocks"

    def _unarmed(self, state: RobotState) -> Problem | None:
        if not self.config.box_min:
            return Reason.NOT_ARMED, "no workspace box: set the parameters box_min and box_max"
        if state.pose is None:
            return Reason.NOT_ARMED, "no pose of the robot has arrived yet"
        if state.pose.shape != (6,) or not np.isfinite(state.pose).all():
            return Reason.NOT_ARMED, f"the measured pose is unusable: {in_words(state.pose)}"
        if state.pose_stamp_ns is None:
            return None
        return self._old(state.pose_stamp_ns, "measured pose", state)

    def _accept(self, request: Request, delta: Vector, target: Vector | None) -> Verdict:
        detail = ""
        if (np.abs(request.delta - delta) > SLACK).any():
            asked, executed = in_words(request.delta), in_words(delta)
            detail = f"clipped to the limits: asked {asked}, executed {executed}"
        detail = "; ".join(text for text in (request.note, detail) if text)
        normalized = np.clip(delta / self._scale, -1.0, 1.0)
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
        self.vetoes[reason] += 1
        zeros = np.zeros(self.config.size)
        held = self._memory.motion.target if self._memory.motion is not None else state.pose
        if not self.config.use_pose or (held is not None and not np.isfinite(held).all()):
            held = None
        return Verdict(
            request.episode_id, request.step, request.source, reason, detail, zeros, zeros, held
        )
