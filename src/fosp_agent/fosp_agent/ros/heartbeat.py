"""Tells the others that this process lives."""

from __future__ import annotations

import os

from fosp_msgs.msg import Heartbeat
from rclpy._rclpy_pybind11 import InvalidHandle, RCLError
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fosp_agent.ros import topics
from fosp_agent.ros.qos import HEARTBEATS

PERIOD = 0.5
"""Between two beats, in wall-clock time [s]."""


class Heart:
    """Beats as long as its node is spun."""

    def __init__(self, node: Node) -> None:
        """Begin to beat."""
        self._node = node
        self._message = Heartbeat(node=node.get_name(), pid=os.getpid())
        self._publisher = node.create_publisher(Heartbeat, topics.HEARTBEAT, HEARTBEATS)
        node.create_timer(PERIOD, self._beat, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _beat(self) -> None:
        try:
            self._publisher.publish(self._message)
        except (RCLError, InvalidHandle):
            if self._node.context.ok():  # else the process is ending
                raise
