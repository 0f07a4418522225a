"""Status messages of a node, as diagnostic tools read them."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from fosp_agent.ros import topics
from fosp_agent.ros.qos import RELIABLE

OK = DiagnosticStatus.OK
WARN = DiagnosticStatus.WARN
ERROR = DiagnosticStatus.ERROR
STALE = DiagnosticStatus.STALE

UNLOCKED = "unlocked"
"""Key of what a camera sets by itself."""


class Diagnostics:
    """Publishes a node's status on /diagnostics; its name is the node's."""

    def __init__(self, node: Node, hardware_id: str = "") -> None:
        self._node = node
        self._hardware_id = hardware_id
        self._publisher = node.create_publisher(DiagnosticArray, topics.DIAGNOSTICS, RELIABLE)

    def publish(self, level: bytes, message: str, values: Mapping[str, object]) -> None:
        """Say how it is: OK, WARN, ERROR or STALE, in words, and in numbers."""
        status = DiagnosticStatus(
            level=level,
            name=self._node.get_name(),
            message=message,
            hardware_id=self._hardware_id,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )
        array = DiagnosticArray(status=[status])
        array.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(array)
