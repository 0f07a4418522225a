"""A simulator behind the same topics as the real robot, in lockstep or in real time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fosp_msgs.msg import CommandVerdict, SessionState, SimTruth
from geometry_msgs.msg import PoseStamped, Vector3, Wrench, WrenchStamped
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import (
    header,
    image_message,
    nanoseconds,
    pose_from_message,
    stamped_pose,
    time_message,
)
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import FRAMES, LATCHED, MEASURED, RECORDED, RELIABLE
from fosp_agent.ros.spin import run
from fosp_sim_bridge.simulation import Frame, Simulation, Vector, environment_maker

NOT_FOR_THE_ROBOT = (
    CommandVerdict.NO_EPISODE,
    CommandVerdict.DUPLICATE,
    CommandVerdict.WRONG_SOURCE,
)
"""Vetoes that answer a misdirected request: the robot still waits for its command."""


@dataclass(frozen=True)
class BridgeConfig:
    """The parameters of the node."""

    environment: str = "safereach"
    """Simulator: safereach or safety_gymnasium."""
    task: str = ""
    """Task that is built at start; empty: that of the first episode."""
    lockstep: bool = True
    """True: simulated time waits for each command. False: wall-clock time."""
    rate: Annotated[float, Range(0.1, 1000.0)] = 10.0
    """Frames per second of (simulated or wall-clock) time."""
    base_frame: str = "base"
    """Frame of the poses."""
    resend_after: Annotated[float, Range(0.05, 60.0)] = 1.0
    """In lockstep, show the frame again when no command came for this long (wall clock) [s]."""


class SimBridgeNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Publishes frames, takes commands, one step each."""

    def __init__(self) -> None:
        super().__init__("sim_bridge_node")
        self._config = config = declare(self, BridgeConfig)
        self._simulation = Simulation(environment_maker(config.environment), config.task)
        self._period_ns = int(1e9 / config.rate)
        self._time_ns = 0
        self._running = ""
        self._session_id = ""
        self._command: Vector | None = None
        self._sent = time.monotonic()
        self._truths = self.create_publisher(SimTruth, topics.SIM_TRUTH, RECORDED)
        self._poses = self.create_publisher(PoseStamped, topics.CURRENT_POSE, MEASURED)
        self._images = self.create_publisher(Image, topics.IMAGE, FRAMES)
        self._wrenches = self.create_publisher(WrenchStamped, topics.EXTERNAL_WRENCH, MEASURED)
        self._clocks = self.create_publisher(ClockMessage, "/clock", RELIABLE)
        self._stop = self.create_client(Trigger, topics.STOP_EPISODE)
        self._abort = self.create_client(Trigger, topics.ABORT)
        self.create_subscription(PoseStamped, topics.TARGET_POSE, self._on_target, RELIABLE)
        self.create_subscription(CommandVerdict, topics.COMMAND_VERDICT, self._on_verdict, RELIABLE)
        self.create_subscription(SessionState, topics.SESSION_STATE, self._on_session, LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        tick, period = (self._resend, 0.25) if config.lockstep else (self._tick, 1 / config.rate)
        self.create_timer(period, tick, clock=steady)

    def destroy_node(self) -> None:
        """Also free the renderer."""
        self._simulation.close()
        super().destroy_node()

    def _on_session(self, message: SessionState) -> None:
        if message.state != SessionState.RUNNING:
            self._running = ""
            return
        if message.episode_id == self._session_id:
            return
        self._session_id = self._running = message.episode_id
        self._command = None
        try:
            frame = self._simulation.begin(
                message.episode_id, message.task, message.seed, message.max_steps, self._next_ns()
            )
        except UserError as problem:
            self.get_logger().error(f"{problem}; set session_node's parameter 'task'")
            self._running = ""
            self._abort.call_async(Trigger.Request())
            return
        self._show(frame)

    def _on_target(self, message: PoseStamped) -> None:
        if not self._awaited(nanoseconds(message.header.stamp)):
            return
        try:
            target = pose_from_message(message.pose, topics.TARGET_POSE)
        except UserError as problem:
            self.get_logger().error(str(problem), throttle_duration_sec=1.0)
            return
        if self._config.lockstep:
            self._show(self._simulation.reach(target, self._next_ns()))
        else:
            self._command = target

    def _on_verdict(self, message: CommandVerdict) -> None:
        """A veto holds still; for a robot without a pose the verdict is the command."""
        frame = self._simulation.frame
        if frame is None or message.episode_id != self._running:
            return
        if self._config.lockstep and message.step != frame.step:
            return
        if message.reason in NOT_FOR_THE_ROBOT or self._simulation.ended:
            return
        commanded = message.accepted and not self._simulation.posed
        if commanded and not self._config.lockstep:
            self._command = np.asarray(message.delta)
        elif commanded:
            delta = np.asarray(message.delta)
            self._show(self._simulation.act(delta, self._next_ns()))
        elif not message.accepted and self._config.lockstep:
            self._show(self._simulation.hold(self._next_ns()))

    def _awaited(self, stamp_ns: int) -> bool:
        """Whether a command for the frame of this stamp is still to be carried out."""
        frame = self._simulation.frame
        if not self._running or frame is None or self._simulation.ended:
            return False
        return frame.stamp_ns == stamp_ns or not self._config.lockstep

    def _next_ns(self) -> int:
        if self._config.lockstep:
            self._time_ns += self._period_ns
            return self._time_ns
        return int(self.get_clock().now().nanoseconds)

    def _tick(self) -> None:
        """A period of wall-clock time went by."""
        simulation, command = self._simulation, self._command
        self._command = None
        if not self._running:
            frame = simulation.rest(self._next_ns())
        elif command is None or simulation.ended:
            frame = simulation.hold(self._next_ns())
        else:
            move = simulation.reach if simulation.posed else simulation.act
            frame = move(command, self._next_ns())
        if frame is not None:
            self._show(frame)

    def _resend(self) -> None:
        """In lockstep nothing may hang on a lost message: show the same frame again."""
        if time.monotonic() - self._sent < self._config.resend_after:
            return
        if self._running and self._simulation.frame is not None:
            self._show(self._simulation.frame)
        else:
            self._sent = time.monotonic()
            self._clocks.publish(ClockMessage(clock=time_message(self._time_ns)))

    def _show(self, frame: Frame) -> None:
        stamp = header(frame.stamp_ns, self._config.base_frame)
        if self._config.lockstep:
            self._clocks.publish(ClockMessage(clock=stamp.stamp))
        if frame.episode_id:
            self._truths.publish(
                SimTruth(
                    header=stamp,
                    episode_id=frame.episode_id,
                    step=frame.step,
                    reward=frame.reward,
                    cost=frame.cost,
                )
            )
        if frame.pose is not None:
            self._poses.publish(stamped_pose(frame.pose, frame.stamp_ns, stamp.frame_id))
        if frame.force is not None:
            x, y, z = frame.force.tolist()
            wrench = Wrench(force=Vector3(x=x, y=y, z=z))
            self._wrenches.publish(WrenchStamped(header=stamp, wrench=wrench))
        self._images.publish(image_message(frame.image, frame.stamp_ns))
        self._sent = time.monotonic()


def main() -> None:
    """Entry point."""
    run(SimBridgeNode)
