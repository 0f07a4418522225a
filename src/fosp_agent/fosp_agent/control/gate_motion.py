"""How far, how fast and how smoothly: the geometry of the command gate, without memory.

A target at the border of the workspace is clipped onto it rather than vetoed, because a learning
policy that leans on the border would otherwise freeze there; the executed delta is then the clipped
one. No target ever lies outside the box.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_verdict import Problem, Reason, Vector, in_words

SLACK = 1e-9
"""Rounding allowed on limits [m, rad, s]: a delta made as ``1.0 * scale`` must pass."""
NANOSECONDS = 1e9
AT_REST = 1.5
"""Periods without a command after which the arm counts as standing still."""


@dataclass(frozen=True)
class Motion:
    """One commanded step."""

    stamp_ns: int
    """Stamp of the observation acted upon."""
    now_ns: int
    """When it was commanded."""
    delta: Vector
    """(6,) executed change of pose [m, rad]."""
    target: Vector
    """(6,) commanded pose."""
    acceleration: Vector
    """(6,) by finite differences [m/s^2, rad/s^2]."""


class MotionLimits:
    """Box, step, speed, jerk and tilt of one robot."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._limit = np.asarray(config.step_limit or config.action_scale, dtype=np.float64)
        axes = len(config.box_min)
        self._low = np.full(config.size, -np.inf)
        self._high = np.full(config.size, np.inf)
        self._low[:axes] = config.box_min
        self._high[:axes] = config.box_max
        self._axis = np.asarray(config.cone_axis) / np.linalg.norm(config.cone_axis)

    def motion(
        self, pose: Vector, delta: Vector, stamp_ns: int, now_ns: int, earlier: Motion | None
    ) -> Motion | Problem:
        """The step that a delta (6,) from a pose (6,) becomes, or why there is none."""
        if (np.abs(delta) > self._limit + SLACK).any():
            most = in_words(self._limit)
            return Reason.STEP_TOO_LARGE, f"delta {in_words(delta)} exceeds the step limit {most}"
        delta = np.clip(delta, -self._limit, self._limit)
        asked = pose + delta
        target = np.clip(asked, self._low, self._high)
        executed = np.where(target == asked, delta, target - pose)
        seconds = self._seconds(stamp_ns, now_ns, earlier)
        acceleration, jerk = self._change(executed, seconds, stamp_ns, earlier)
        made = Motion(stamp_ns, now_ns, executed, target, acceleration)
        return (
            self._far(pose, executed)
            or self._tilted(pose, target)
            or self._fast(made, seconds, earlier)
            or self._jerky(jerk)
            or made
        )

    def _seconds(self, stamp_ns: int, now_ns: int, earlier: Motion | None) -> float:
        """The time that this step has: a period, or less in quick succession [s]."""
        period = self._config.period
        if earlier is None:
            return period
        since = min(stamp_ns - earlier.stamp_ns, now_ns - earlier.now_ns) / NANOSECONDS
        return max(min(period, since), SLACK)

    def _far(self, pose: Vector, executed: Vector) -> Problem | None:
        """Outside the box by more than the tolerance: not led back in one step."""
        allowed = np.maximum(self._limit, self._config.box_tolerance) + SLACK
        if (np.abs(executed) <= allowed).all():
            return None
        box = f"{in_words(self._low)} to {in_words(self._high)}"
        where = f"the measured pose {in_words(pose)} is outside the box {box}"
        return Reason.OUTSIDE_BOX, f"{where}: guide the arm back by hand"

    def _tilted(self, pose: Vector, target: Vector) -> Problem | None:
        most = self._config.max_tilt
        if not most:
            return None
        now, then = self._tilt(pose), self._tilt(target)
        if then <= most + SLACK or then < now:
            return None
        return Reason.TILTED, f"the tool would tilt by {then:.3f} rad; the limit is {most:g}"

    def _tilt(self, pose: Vector) -> float:
        """Angle between the tool's z axis and the cone's axis [rad]."""
        (sr, sp, sy), (cr, cp, cy) = np.sin(pose[3:]), np.cos(pose[3:])
        tool_z = np.array([cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr])
        cross = np.linalg.norm(np.cross(tool_z, self._axis))
        return float(np.arctan2(cross, tool_z @ self._axis))

    def _fast(self, made: Motion, seconds: float, earlier: Motion | None) -> Problem | None:
        config = self._config
        speed, rate = (float(np.linalg.norm(p)) / seconds for p in (made.delta[:3], made.delta[3:]))
        if speed > config.max_speed or rate > config.max_turn_rate:
            asked = f"{speed:.3f} m/s and {rate:.3f} rad/s"
            most = f"{config.max_speed:g} m/s and {config.max_turn_rate:g} rad/s"
            return Reason.TOO_FAST, f"asked {asked}, the limits are {most}"
        if earlier is None:
            return None
        elapsed = max((made.now_ns - earlier.now_ns) / NANOSECONDS, SLACK)
        jump = float(np.linalg.norm(made.target[:3] - earlier.target[:3])) / elapsed
        if jump <= config.max_target_speed:
            return None
        most = f"the limit is {config.max_target_speed:g} m/s"
        return Reason.TOO_FAST, f"the target would jump at {jump:.3f} m/s, {most}"

    def _change(
        self, executed: Vector, seconds: float, stamp_ns: int, earlier: Motion | None
    ) -> tuple[Vector, Vector]:
        """Acceleration and jerk (6,) of this step after the earlier one, or after rest."""
        period = self._config.period
        velocity, zero = executed / period, np.zeros_like(executed)
        before, acceleration_before = zero, zero
        if earlier is not None and stamp_ns - earlier.stamp_ns <= AT_REST * period * NANOSECONDS:
            before, acceleration_before = earlier.delta / period, earlier.acceleration
        acceleration = (velocity - before) / seconds
        return acceleration, (acceleration - acceleration_before) / seconds

    def _jerky(self, jerk: Vector) -> Problem | None:
        config = self._config
        linear, angular = float(np.linalg.norm(jerk[:3])), float(np.linalg.norm(jerk[3:]))
        if linear <= config.max_jerk and angular <= config.max_turn_jerk:
            return None
        asked = f"jerk {linear:.0f} m/s^3 and {angular:.0f} rad/s^3"
        most = f"{config.max_jerk:g} m/s^3 and {config.max_turn_jerk:g} rad/s^3"
        return Reason.TOO_JERKY, f"asked {asked}, the limits are {most}"
