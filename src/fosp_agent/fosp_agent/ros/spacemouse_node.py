"""A SpaceMouse on spacenav's topics, where the package spacenav is absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from geometry_msgs.msg import Twist, Vector3
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import Joy

from fosp_agent.drivers.errors import DeviceGone
from fosp_agent.drivers.spacemouse import HidSpaceMouse, MouseState, SpaceMouse
from fosp_agent.ranges import Range
from fosp_agent.ros import topics
from fosp_agent.ros.diagnostics import ERROR, OK, Diagnostics
from fosp_agent.ros.params import declare
from fosp_agent.ros.qos import RELIABLE
from fosp_agent.ros.spin import run

AGAIN = 1.0
"""Between two attempts to find the device [s]."""


@dataclass(frozen=True)
class SpaceMouseConfig:
    """The parameters of the node."""

    path: str = ""
    """Device file, such as /dev/hidraw3; empty: the first SpaceMouse found."""
    rate: Annotated[float, Range(1.0, 1000.0)] = 50.0
    """Messages per second while the device is there; none while it is not [Hz]."""


class SpaceMouseNode(Node):  # type: ignore[misc]  # rclpy is not typed
    """Reads the device, and looks for it again after it was unplugged."""

    def __init__(self) -> None:
        super().__init__("spacemouse_node")
        self._config = declare(self, SpaceMouseConfig)
        self._mouse: SpaceMouse | None = None
        self._wait = 0
        self._problem = "not looked for yet"
        self._twists = self.create_publisher(Twist, topics.SPACENAV_TWIST, RELIABLE)
        self._joys = self.create_publisher(Joy, topics.SPACENAV_JOY, RELIABLE)
        self._diagnostics = Diagnostics(self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / self._config.rate, self._tick, clock=steady)
        self.create_timer(1.0, self._diagnose, clock=steady)

    def destroy_node(self) -> None:
        """Also let go of the device."""
        if self._mouse is not None:
            self._mouse.close()
        super().destroy_node()

    def _tick(self) -> None:
        if self._mouse is None:
            self._find()
            return
        try:
            self._publish(self._mouse.read())
        except DeviceGone as problem:
            self._lost(problem)

    def _find(self) -> None:
        self._wait -= 1
        if self._wait > 0:
            return
        self._wait = int(AGAIN * self._config.rate)
        try:
            self._mouse = HidSpaceMouse(self._config.path)
        except DeviceGone as problem:
            self._lost(problem)
            return
        self._problem = ""
        self.get_logger().info(f"found the {self._mouse.name}")

    def _lost(self, problem: DeviceGone) -> None:
        if self._mouse is not None:
            self._mouse.close()
            self._mouse = None
        self._problem = str(problem)
        self.get_logger().error(str(problem), throttle_duration_sec=10.0)

    def _publish(self, state: MouseState) -> None:
        x, y, z, roll, pitch, yaw = state.axes
        self._twists.publish(
            Twist(linear=Vector3(x=x, y=y, z=z), angular=Vector3(x=roll, y=pitch, z=yaw))
        )
        joy = Joy(axes=list(state.axes), buttons=list(state.buttons))
        joy.header.stamp = self.get_clock().now().to_msg()
        self._joys.publish(joy)

    def _diagnose(self) -> None:
        level = ERROR if self._problem else OK
        name = self._mouse.name if self._mouse else "none"
        self._diagnostics.publish(level, self._problem or "the device answers", {"device": name})


def main() -> None:
    """Entry point."""
    run(SpaceMouseNode)
