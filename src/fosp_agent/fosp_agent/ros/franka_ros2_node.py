"""Beside franka_ros2 and a CRISP controller: the arm's status for the session, and its recovery.

Pose, targets and joints go between the command gate and the controller directly; this node only
watches, sets the collision thresholds, and on request takes the three steps of the recovery: clear
the error, activate the hardware component, activate the controllers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import numpy as np
from fosp_msgs.msg import ArmStatus
from geometry_msgs.msg import PoseStamped, WrenchStamped
from rclpy.action import ActionClient
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from fosp_agent.drivers.broadcast_watch import BroadcastWatch, WatchConfig
from fosp_agent.drivers.contact import ContactConfig
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import RELIABLE, images
from fosp_agent.ros.spin import run

ACTIVE = 3
"""lifecycle_msgs/State.PRIMARY_STATE_ACTIVE"""


@dataclass(frozen=True)
class FrankaRos2Config:
    """The node's own parameters."""

    base_frame: str = "base"
    """Frame of current_pose."""
    hardware: str = "FrankaHardwareInterface"
    """Name of the hardware component, as `ros2 control list_hardware_components` says it."""
    rate: Annotated[float, Range(1.0, 1000.0)] = 20.0
    """How often the status is published [Hz]."""
    collision_torque: Annotated[float, Range(1.0, 100.0)] = 20.0
    """Joint torque at which the arm's own reflex stops it [N m]."""
    collision_force: Annotated[float, Range(1.0, 100.0)] = 30.0
    """Force, and ten times the torque, at which it does [N]."""


def interface(module: str, name: str) -> Any:
    """A message type of franka_ros2 or ros2_control.

    Raises:
        UserError: it is not installed.
    """
    try:
        return getattr(import_module(module), name)
    except ImportError as problem:
        raise UserError(
            f"robot:=franka_ros2 needs {module} ({problem}): source the workspace of franka_ros2"
        ) from problem


class FrankaRos2Node(Node):  # type: ignore[misc]  # rclpy is not typed
    """Watches the broadcaster and the controllers."""

    def __init__(self) -> None:
        super().__init__("franka_ros2_node")
        self._config = declare(self, FrankaRos2Config)
        self._watch_config = declare(self, WatchConfig)
        self._watch = BroadcastWatch(self._watch_config, declare(self, ContactConfig))
        self._wrench = WrenchStamped()
        self._statuses = self.create_publisher(ArmStatus, topics.ARM_STATUS, RELIABLE)
        quality = images("best_effort")
        self.create_subscription(PoseStamped, topics.CURRENT_POSE, self._on_pose, quality)
        self.create_subscription(WrenchStamped, topics.EXTERNAL_WRENCH, self._on_wrench, quality)
        self._connect()
        self.create_service(Trigger, topics.RECOVER, self._recover)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / self._config.rate, self._report, clock=steady)
        self.create_timer(1.0, self._look, clock=steady)

    def _connect(self) -> None:
        manager = "controller_manager_msgs.srv"
        self._types = {
            name: interface(manager, name)
            for name in ("ListControllers", "SwitchController", "SetHardwareComponentState")
        }
        collision = interface("franka_msgs.srv", "SetForceTorqueCollisionBehavior")
        self._error = interface("franka_msgs.action", "ErrorRecovery")
        self._list = self.create_client(
            self._types["ListControllers"], "controller_manager/list_controllers"
        )
        self._switch = self.create_client(
            self._types["SwitchController"], "controller_manager/switch_controller"
        )
        self._hardware = self.create_client(
            self._types["SetHardwareComponentState"],
            "controller_manager/set_hardware_component_state",
        )
        self._clear = ActionClient(self, self._error, "action_server/error_recovery")
        self._collision_type = collision
        self._collision = self.create_client(
            collision, "service_server/set_force_torque_collision_behavior"
        )
        self._thresholds_set = False

    def _on_pose(self, _: PoseStamped) -> None:
        self._watch.pose(time.monotonic())

    def _on_wrench(self, message: WrenchStamped) -> None:
        self._wrench = message
        force, torque = message.wrench.force, message.wrench.torque
        found = np.array([force.x, force.y, force.z, torque.x, torque.y, torque.z])
        self._watch.wrench(found, time.monotonic())

    def _report(self) -> None:
        problem = self._watch.problem(time.monotonic())
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._config.base_frame)
        self._statuses.publish(
            ArmStatus(
                header=header,
                mode=ArmStatus.OTHER if problem else ArmStatus.MOVING,
                ready=not problem,
                detail=problem,
                external_wrench=self._wrench.wrench,
                success_rate=float("nan"),
            )
        )

    def _look(self) -> None:
        """Ask which controllers are active, and set the thresholds once."""
        if self._list.service_is_ready():
            asked = self._list.call_async(self._types["ListControllers"].Request())
            asked.add_done_callback(self._on_controllers)
        if not self._thresholds_set and self._collision.service_is_ready():
            self._thresholds_set = True
            torque = [self._config.collision_torque] * 7
            force = [self._config.collision_force] * 3 + [self._config.collision_force / 10] * 3
            self._collision.call_async(
                self._collision_type.Request(
                    lower_torque_thresholds_nominal=torque,
                    upper_torque_thresholds_nominal=torque,
                    lower_force_thresholds_nominal=force,
                    upper_force_thresholds_nominal=force,
                )
            )

    def _on_controllers(self, future: Any) -> None:
        found = future.result().controller
        self._watch.controllers({one.name for one in found if one.state == "active"})

    def _recover(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Begin the three steps; arm_status says when the arm is ready again."""
        if not self._clear.server_is_ready():
            response.message = "nobody serves action_server/error_recovery: is franka_ros2 up?"
            return response
        goal = self._clear.send_goal_async(self._error.Goal())
        goal.add_done_callback(self._then("clearing the error", self._await_clearing))
        response.success, response.message = True, "recovering; arm_status says how it ends"
        return response

    def _await_clearing(self, handle: Any) -> None:
        handle.get_result_async().add_done_callback(
            self._then("clearing the error", self._activate_hardware)
        )

    def _activate_hardware(self, _: Any) -> None:
        request = self._types["SetHardwareComponentState"].Request(name=self._config.hardware)
        request.target_state.id, request.target_state.label = ACTIVE, "active"
        self._hardware.call_async(request).add_done_callback(
            self._then("activating the hardware", self._activate_controllers)
        )

    def _activate_controllers(self, _: Any) -> None:
        request = self._types["SwitchController"].Request(
            activate_controllers=["franka_robot_state_broadcaster", self._watch_config.controller],
            strictness=1,
        )
        self._switch.call_async(request).add_done_callback(
            self._then("activating the controllers", self._done)
        )

    def _done(self, _: Any) -> None:
        self._watch.recovered()
        self.get_logger().info("recovered: error cleared, hardware and controllers active")

    def _then(self, what: str, step: Callable[[Any], None]) -> Callable[[Any], None]:
        """The next step, unless this one failed."""

        def proceed(future: Any) -> None:
            result = future.result()
            refused = not getattr(result, "ok", True) or not getattr(result, "accepted", True)
            if result is None or refused:
                self.get_logger().error(f"the recovery ended at {what}")
            else:
                step(result)

        return proceed


def main() -> None:
    """Entry point."""
    run(FrankaRos2Node)
