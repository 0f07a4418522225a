"""The only publisher of target_pose: judges every requested motion and says why."""

from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
from fosp_msgs.msg import Action, CommandVerdict, SessionState
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import SetBool

from fosp_agent.control.command_gate import CommandGate, GateConfig, Request, RobotState
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import (
    nanoseconds,
    pose_from_message,
    request_from_action,
    stamped_pose,
    verdict_message,
)
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import LATCHED, RECORDED, RELIABLE, images
from fosp_agent.ros.spin import run


class CommandGateNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the gate. A request that outran its pose or the session's state waits a moment."""

    def __init__(self) -> None:
        super().__init__("command_gate_node")
        self._config = declare(self, GateConfig)
        self._gate = CommandGate(self._config)
        self._frame = str(self.declare_parameter("base_frame", "base").value)
        self._patience = float(self.declare_parameter("patience", 0.3).value)
        self._pose_lag_ns = int(float(self.declare_parameter("pose_lag", 0.05).value) * 1e9)
        reliability = str(self.declare_parameter("image_reliability", "best_effort").value)
        self._episode_id = ""
        self._pose: tuple[int, npt.NDArray[np.float64]] | None = None
        self._pending: tuple[float, Request] | None = None
        self._targets = self.create_publisher(PoseStamped, topics.TARGET_POSE, RELIABLE)
        self._verdicts = self.create_publisher(CommandVerdict, topics.COMMAND_VERDICT, RECORDED)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        if self._config.use_pose:
            self.create_subscription(
                PoseStamped, topics.CURRENT_POSE, self._on_pose, images(reliability)
            )
        self.create_subscription(Action, topics.ACTION, self._on_action, RELIABLE)
        self.create_service(SetBool, topics.HOLD, self._hold)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(0.1, self._on_timer, clock=steady)

    def _hold(self, request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        self._gate.held = bool(request.data)
        words = "held: every motion is vetoed" if self._gate.held else "let go"
        response.success, response.message = True, words
        self.get_logger().info(words)
        return response

    def _on_session(self, message: SessionState) -> None:
        running = message.state == SessionState.RUNNING
        self._episode_id = message.episode_id if running else ""
        self._proceed()

    def _on_pose(self, message: PoseStamped) -> None:
        try:
            pose = pose_from_message(message.pose, topics.CURRENT_POSE)
        except UserError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)
            return
        self._pose = nanoseconds(message.header.stamp), pose
        self._proceed()

    def _on_action(self, message: Action) -> None:
        self._pending = time.monotonic(), request_from_action(message)
        self._proceed()

    def _on_timer(self) -> None:
        if self._pending is not None and time.monotonic() - self._pending[0] > self._patience:
            self._judge()

    def _proceed(self) -> None:
        if self._pending is not None and self._known(self._pending[1]):
            self._judge()

    def _known(self, request: Request) -> bool:
        """Whether everything has arrived that was sent before this request was made."""
        if request.episode_id != self._episode_id:
            return False
        if self._config.use_pose:
            return self._pose is not None and self._pose[0] >= request.stamp_ns - self._pose_lag_ns
        return self._now_ns() >= request.stamp_ns - self._config.max_lead * 1e9

    def _now_ns(self) -> int:
        """The newest time known: in lockstep a pose may come before its /clock."""
        now = int(self.get_clock().now().nanoseconds)
        return now if self._pose is None else max(now, self._pose[0])

    def _judge(self) -> None:
        assert self._pending is not None
        (_, request), self._pending = self._pending, None
        pose = None if self._pose is None else self._pose[1]
        now_ns = self._now_ns()
        verdict = self._gate.judge(request, RobotState(now_ns, self._episode_id, pose))
        if verdict.accepted and verdict.target is not None:
            self._targets.publish(stamped_pose(verdict.target, request.stamp_ns, self._frame))
        count = self._gate.veto_count
        self._verdicts.publish(verdict_message(verdict, now_ns, self._frame, count))
        if not verdict.accepted and not verdict.repeated:
            self.get_logger().warning(
                f"vetoed {request.episode_id} step {request.step}: {verdict.reason.name}: "
                f"{verdict.detail}",
                throttle_duration_sec=1.0,
            )


def main() -> None:
    """Entry point."""
    run(CommandGateNode)
