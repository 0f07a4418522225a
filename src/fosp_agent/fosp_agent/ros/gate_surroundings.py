"""What the command gate hears and sees around itself: buttons, clocks, frames, other gates."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from std_msgs.msg import Bool

from fosp_agent.control.clock_watch import ClockWatch
from fosp_agent.control.gate_sources import Button, Operator
from fosp_agent.control.gate_verdict import Problem, Reason, RobotState, Vector
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import nanoseconds, pose_from_message
from fosp_agent.ros.qos import RELIABLE


@dataclass(frozen=True)
class SurroundingsConfig:
    """The gate's parameters that are about ROS."""

    base_frame: str = "base"
    """Frame of the measured pose, of the requests and of target_pose."""
    rest_rpy: Annotated[tuple[float, ...], Range(-6.2832, 6.2832)] = (0.0, 0.0, 0.0)
    """Orientation of the tool in the base frame that counts as roll = pitch = yaw = 0 [rad]."""
    clock_jump: Annotated[float, Range(0.001, 60.0)] = 0.25
    """A difference between this clock and a steady one that counts as a jump [s]."""
    clock_settle: Annotated[float, Range(0.0, 60.0)] = 1.0
    """How long nothing moves after a jump [s]."""
    arming: Annotated[float, Range(0.0, 60.0)] = 1.0
    """How long after its start the gate only looks for other gates; requests wait meanwhile [s]."""
    patience: Annotated[float, Range(0.0, 10.0)] = 0.3
    """How long a request may wait for the pose or the session's state that it was made upon [s]."""
    pose_lag: Annotated[float, Range(0.0, 1.0)] = 0.05
    """How much older than the observation the measured pose may be without waiting for a newer
    one [s]."""
    image_reliability: str = "best_effort"
    """Reliability asked of the pose's topic: best_effort or reliable."""

    def __post_init__(self) -> None:
        if len(self.rest_rpy) != 3:
            raise UserError(f"rest_rpy needs 3 angles, not {len(self.rest_rpy)}")


class Surroundings:
    """Keeps the newest pose, the buttons, and whatever is wrong. Judges nothing."""

    def __init__(self, node: Node, config: SurroundingsConfig, button_timeout: float) -> None:
        self._node = node
        self._config = config
        self._simulated = bool(node.get_parameter("use_sim_time").value)
        self._enable, self._dead_man = Button(button_timeout), Button(button_timeout)
        self._clock = ClockWatch(config.clock_jump, config.clock_settle)
        self._pose: tuple[int, Vector] | None = None
        self._other_frame = ""
        self._rivals: tuple[str, ...] = ()
        self._arms_at = time.monotonic() + config.arming
        self.episode_id = ""
        """The running episode; empty when none is."""
        node.create_subscription(Bool, topics.ENABLE, self._on_enable, RELIABLE)
        node.create_subscription(Bool, topics.DEAD_MAN, self._on_dead_man, RELIABLE)

    @property
    def pose_stamp_ns(self) -> int | None:
        """When the newest pose was measured; None before the first."""
        return None if self._pose is None else self._pose[0]

    @property
    def arming(self) -> bool:
        """Whether another gate may still be there unseen."""
        return time.monotonic() < self._arms_at

    def now_ns(self) -> int:
        """The newest time known: in lockstep a pose may come before its /clock."""
        now = int(self._node.get_clock().now().nanoseconds)
        return max(now, self._pose[0]) if self._pose and self._simulated else now

    def hear_pose(self, message: PoseStamped) -> bool:
        """Take a measured pose; False when it is of no use (logged)."""
        if message.header.frame_id != self._config.base_frame:
            self._other_frame = message.header.frame_id or "(none)"
            return False
        try:
            pose = pose_from_message(message.pose, topics.CURRENT_POSE, self._config.rest_rpy)
        except UserError as problem:
            self._node.get_logger().error(str(problem), throttle_duration_sec=5.0)
            return False
        self._other_frame = ""
        self._pose = nanoseconds(message.header.stamp), pose
        return True

    def look(self) -> None:
        """Look for other gates and for a jump of the clock; to be called often."""
        found = self._node.get_publishers_info_by_topic(
            self._node.resolve_topic_name(topics.TARGET_POSE)
        )
        names = [f"{one.node_namespace.rstrip('/')}/{one.node_name}" for one in found]
        mine = self._node.get_fully_qualified_name()
        if mine in names:
            names.remove(mine)
        self._rivals = tuple(names)
        if not self._simulated:
            self._clock.look(self.now_ns(), time.monotonic())

    def state(self) -> RobotState:
        """Everything at this moment."""
        now_ns, steady = self.now_ns(), time.monotonic()
        operator = Operator(self._enable.state(steady), self._dead_man.state(steady))
        stamp, pose = self._pose if self._pose is not None else (None, None)
        alarm = self.alarm(now_ns, steady)
        return RobotState(now_ns, self.episode_id, pose, stamp, operator, alarm)

    def alarm(self, now_ns: int, steady: float) -> Problem | None:
        """What is wrong, the worst first."""
        if self._rivals:
            others = ", ".join(self._rivals)
            detail = f"{topics.TARGET_POSE} is also published by {others}: stop one of the two"
            return Reason.TWO_GATES, detail
        jump = None if self._simulated else self._clock.look(now_ns, steady)
        if jump is not None:
            detail = (
                f"the clock jumped by {jump:+.3f} s: is it being set? use a slewing time service"
            )
            return Reason.CLOCK_JUMP, detail
        if self._other_frame:
            expected = f"base_frame is '{self._config.base_frame}'"
            detail = f"the measured pose is in frame '{self._other_frame}', {expected}"
            return Reason.WRONG_FRAME, detail
        return None

    def frame_problem(self, frame_id: str) -> Problem | None:
        """Why a request in this frame cannot be judged; an empty one means the base frame."""
        if frame_id in ("", self._config.base_frame):
            return None
        detail = f"the request is in frame '{frame_id}', the gate in '{self._config.base_frame}'"
        return Reason.WRONG_FRAME, detail

    def _on_enable(self, message: Bool) -> None:
        self._enable.hear(message.data, time.monotonic())

    def _on_dead_man(self, message: Bool) -> None:
        self._dead_man.hear(message.data, time.monotonic())
