"""The arm: publishes pose, joints and status, follows target_pose, recovers on request only."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fosp_msgs.msg import ArmStatus
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from fosp_agent.control.cadence import Cadence
from fosp_agent.drivers.arm import ArmError
from fosp_agent.drivers.contact import ContactConfig
from fosp_agent.drivers.franka import FrankaArm, FrankaConfig
from fosp_agent.drivers.target_follower import FollowerConfig, Report, TargetFollower
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.arm_messages import (
    joint_message,
    pose7,
    pose_message,
    status_message,
    wrench_message,
)
from fosp_agent.ros.diagnostics import ERROR, OK, WARN, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import MEASURED, RELIABLE
from fosp_agent.ros.spin import run


@dataclass(frozen=True)
class FrankaNodeConfig:
    """The node's own parameters."""

    rate: Annotated[float, Range(1.0, 1000.0)] = 120.0
    """How often pose, joints and status are published [Hz]."""
    base_frame: str = "base"
    """Frame of current_pose and target_pose: the arm's base."""

    def __post_init__(self) -> None:
        if not 1.0 <= self.rate <= 1000.0:
            raise UserError(f"rate must lie between 1 and 1000 Hz, not {self.rate}")


class FrankaNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Feeds the follower, and publishes what it reports."""

    def __init__(self) -> None:
        super().__init__("franka_node")
        self._config = declare(self, FrankaNodeConfig)
        limits = declare(self, FollowerConfig), declare(self, ContactConfig)
        self._arm = FrankaArm(declare(self, FrankaConfig))
        self._follower = TargetFollower(self._arm, *limits)
        self._cadence = Cadence(1.0 / self._config.rate)
        self._detail = ""
        self._several_gates = False
        self._report = Report(None, False)
        self._poses = self.create_publisher(PoseStamped, topics.CURRENT_POSE, MEASURED)
        self._joints = self.create_publisher(JointState, topics.JOINT_STATES, RELIABLE)
        self._statuses = self.create_publisher(ArmStatus, topics.ARM_STATUS, RELIABLE)
        self._wrenches = self.create_publisher(WrenchStamped, topics.EXTERNAL_WRENCH, MEASURED)
        self._diagnostics = Diagnostics(self, "franka")
        self._targets = self.create_subscription(
            PoseStamped, topics.TARGET_POSE, self._on_target, RELIABLE
        )
        self.create_service(Trigger, topics.RECOVER, self._recover)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / self._config.rate, self._look, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)
        gc.collect()
        gc.freeze()  # the libraries' objects would cost milliseconds in a later collection

    def destroy_node(self) -> None:
        """Also bring the arm to rest."""
        self._arm.close()
        super().destroy_node()

    def _look(self) -> None:
        now = time.monotonic()
        self._cadence.tick(now)
        self._report = report = self._follower.look(now)
        stamp, frame = self.get_clock().now().to_msg(), self._config.base_frame
        if report.state is not None:
            self._poses.publish(pose_message(report.state, stamp, frame))
            self._joints.publish(joint_message(report.state, stamp))
            self._wrenches.publish(wrench_message(report.state.wrench, stamp, frame))
        self._statuses.publish(status_message(report, stamp, frame))
        if report.detail != self._detail:
            self._detail = report.detail
            self.get_logger().warning(report.detail or "the arm follows targets again")

    def _on_target(self, message: PoseStamped) -> None:
        frame = self._config.base_frame
        if message.header.frame_id != frame:
            refusal = f"target_pose is in frame '{message.header.frame_id}', expected '{frame}'"
        elif self._several_gates:
            refusal = "target_pose has several publishers: stop all but one command gate"
        else:
            refusal = self._follower.follow(pose7(message.pose), time.monotonic())
        if refusal:
            self.get_logger().error(f"target not followed: {refusal}", throttle_duration_sec=1.0)

    def _recover(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Takes as long as the arm takes; the pose pauses meanwhile."""
        try:
            response.message = f"recovered from: {self._follower.recover()}"
            response.success = True
        except ArmError as problem:
            response.success, response.message = False, str(problem)
        self._cadence.pause()
        self.get_logger().info(response.message)
        return response

    def _diagnose(self) -> None:
        self._several_gates = self.count_publishers(topics.TARGET_POSE) > 1
        cadence, report = self._cadence.report(), self._report
        level, words = (OK, "follows targets") if report.ready else (ERROR, report.detail)
        if report.ready and cadence.late_share > 0.01:
            level, words = WARN, f"{cadence.late_share:.1%} of the states were late"
        values = {
            "rate [Hz]": f"{cadence.rate:.1f}",
            "late": f"{cadence.late_share:.2%}",
            "holds": self._follower.holds,
        }
        if report.state is not None:
            force = float(np.linalg.norm(report.state.wrench[:3]))
            values |= {"mode": report.state.mode.name, "external force [N]": f"{force:.1f}"}
        self._diagnostics.publish(level, words, values)


def main() -> None:
    """Entry point."""
    run(FrankaNode)
