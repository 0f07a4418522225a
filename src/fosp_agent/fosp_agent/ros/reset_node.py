"""Returns the arm to its start pose between episodes, through the command gate like everyone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fosp_msgs.msg import Action, CommandVerdict, ResetStatus, SessionState
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_srvs.srv import Trigger

from fosp_agent.control.gate_limits import ACTION_SCALE, Scale
from fosp_agent.control.reset_path import Leg, ResetConfig, ResetPath, Vector
from fosp_agent.drivers.franka_kinematics import rpy, tool_transform
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import (
    header,
    nanoseconds,
    pose_from_message,
    pose_message,
)
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import EVERY_STATE, LATCHED, RECORDED, RELIABLE, images
from fosp_agent.ros.spin import run

NO_START = "no start pose is set: ./safereach workspace records one, for workspace:=<file>"


@dataclass(frozen=True)
class ResetNodeConfig:
    """The node's own parameters."""

    rate: Annotated[float, Range(0.5, 200.0)] = 10.0
    """Steps a second; not more than one in the command gate's period [Hz]."""
    automatic: bool = False
    """Return by itself when an episode has ended (never after an abort); else on /reset only."""
    base_frame: str = "base"
    """Frame of the measured pose."""
    rest_rpy: Annotated[tuple[float, ...], Range(-6.2832, 6.2832)] = (0.0, 0.0, 0.0)
    """Orientation of the tool in the base frame that counts as roll = pitch = yaw = 0 [rad]."""
    action_scale: Scale = ACTION_SCALE
    """SI units per unit of normalised action."""
    image_reliability: str = "best_effort"
    """Reliability asked of the pose's topic: best_effort or reliable."""


class ResetNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Walks the path step by step; gives up, and says why, when the gate or the arm does not."""

    def __init__(self) -> None:
        super().__init__("reset_node")
        self._config = declare(self, ResetNodeConfig)
        self._path_config = declare(self, ResetConfig)
        self._start = self._start_pose()
        self._pose: tuple[int, float, Vector] | None = None
        self._path: ResetPath | None = None
        self._count, self._step, self._begun = 0, 0, 0.0
        self._unarmed: str | None = ""
        """The gate's words while it waits for its first pose; None once the arm has moved."""
        self._session = SessionState()
        self._actions = self.create_publisher(Action, topics.ACTION, RECORDED)
        self._statuses = self.create_publisher(ResetStatus, topics.RESET_STATUS, LATCHED)
        quality = images(self._config.image_reliability)
        self.create_subscription(PoseStamped, topics.CURRENT_POSE, self._on_pose, quality)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, EVERY_STATE)
        self.create_subscription(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RELIABLE)
        self.create_service(Trigger, topics.RESET, self._reset)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / self._config.rate, self._advance, clock=steady)
        self._tell(ResetStatus.IDLE, "" if self._start is not None else NO_START)

    def _start_pose(self) -> Vector | None:
        config = self._path_config
        if config.start_pose:
            return np.asarray(config.start_pose)
        if not config.start_joints:
            self.get_logger().warning(NO_START)
            return None
        tool = tool_transform(config.start_joints)
        turned = PoseStamped()
        turned.pose = pose_message([*tool[:3, 3], *rpy(tool[:3, :3])])
        return pose_from_message(turned.pose, "start_joints", self._config.rest_rpy)

    def _on_pose(self, message: PoseStamped) -> None:
        if message.header.frame_id != self._config.base_frame:
            return  # the command gate says so
        try:
            pose = pose_from_message(message.pose, topics.CURRENT_POSE, self._config.rest_rpy)
        except UserError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=5.0)
            return
        self._pose = nanoseconds(message.header.stamp), time.monotonic(), pose

    def _on_session(self, message: SessionState) -> None:
        before, self._session = self._session, message
        if message.state == SessionState.RUNNING:
            if self._path is not None:
                self._fail("an episode began")
        elif message.state == SessionState.ABORTED:
            self._tell(ResetStatus.IDLE, "the episode was aborted: look before calling /reset")
        elif before.state == SessionState.RUNNING and self._config.automatic:
            self._begin()

    def _reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        running = self._session.state == SessionState.RUNNING
        refusal = f"episode {self._session.episode_id} is running: stop it first" if running else ""
        if self._start is None:
            refusal = NO_START
        if not refusal:
            self._begin()
        response.success = not refusal
        response.message = refusal or "the arm returns to its start pose"
        return response

    def _begin(self) -> None:
        if self._path is not None or self._start is None:
            return
        self._path, self._begun = ResetPath(self._path_config, self._start), time.monotonic()
        self._count, self._step, self._unarmed = self._count + 1, 0, ""
        self._tell(ResetStatus.MOVING, self._path.leg.value)

    def _advance(self) -> None:
        path = self._path
        if path is None:
            return
        now, patience = time.monotonic(), self._path_config.patience
        if self._pose is None or now - self._pose[1] > patience:
            if now - self._begun > patience:  # a node that has just started hears poses soon
                self._fail("no pose of the arm arrives: is its node running?")
            return
        stamp_ns, _, pose = self._pose
        leg, delta = path.leg, path.step(pose)
        if delta is None:
            self._path = None
            self._tell(ResetStatus.DONE, Leg.THERE.value)
            return
        if path.leg is not leg:
            self._tell(ResetStatus.MOVING, path.leg.value)
        if path.stuck(pose, now):
            why = self._unarmed or f"no progress while {path.leg.value}: is something in the way?"
            self._fail(why)
            return
        self._publish(stamp_ns, delta)

    def _publish(self, stamp_ns: int, delta: Vector) -> None:
        normalized = delta / np.asarray(self._config.action_scale)
        self._actions.publish(
            Action(
                header=header(stamp_ns, self._config.base_frame),
                episode_id=f"reset-{self._count}",
                step=self._step,
                source=Action.RESET,
                delta=delta.tolist(),
                normalized=normalized.tolist(),
                feasibility=float("nan"),
            )
        )
        self._step += 1

    def _on_verdict(self, message: CommandVerdict) -> None:
        passing = (CommandVerdict.TOO_FAST, CommandVerdict.STALE, CommandVerdict.DUPLICATE)
        mine = message.episode_id == f"reset-{self._count}" and self._path is not None
        if not mine or message.reason in passing:
            return
        why = f"the command gate vetoed it: {message.detail}"
        if message.accepted:
            self._unarmed = None
        elif message.reason == CommandVerdict.NOT_ARMED and self._unarmed is not None:
            self._unarmed = why  # a gate that has just started hears the pose soon: path.stuck
        else:
            self._fail(why)

    def _fail(self, why: str) -> None:
        leg = self._path.leg.value if self._path is not None else "standing"
        self._path = None
        self.get_logger().error(f"the reset ended while {leg}: {why}")
        self._tell(ResetStatus.FAILED, f"{why} (while {leg})")

    def _tell(self, state: int, detail: str) -> None:
        stamp = self.get_clock().now().nanoseconds
        self._statuses.publish(
            ResetStatus(
                header=header(int(stamp), self._config.base_frame),
                state=state,
                after_episode=self._session.episode_id,
                detail=detail,
            )
        )


def main() -> None:
    """Entry point."""
    run(ResetNode)
