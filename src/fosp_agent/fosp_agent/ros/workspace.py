"""Records the corners of the workspace from the arm's measured pose."""

from __future__ import annotations

import time
from collections import deque

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data

from fosp_agent.control.workspace import Vector, WorkspaceError, corner
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import pose_from_message

LOOK = 0.5
"""How long the arm is watched at a corner [s]."""


class PoseWatch:
    """Hears the arm's pose when asked to."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._poses: deque[Vector] = deque(maxlen=1000)
        node.create_subscription(
            PoseStamped, topics.CURRENT_POSE, self._on_pose, qos_profile_sensor_data
        )

    def _on_pose(self, message: PoseStamped) -> None:
        self._poses.append(pose_from_message(message.pose, topics.CURRENT_POSE))

    def here(self, patience: float) -> Vector:
        """The pose (6,) where the arm stands now.

        Raises:
            WorkspaceError: no pose arrives within ``patience`` [s], or the arm moves.
        """
        self._drain()
        deadline = time.monotonic() + patience
        while not self._poses and time.monotonic() < deadline:
            rclpy.spin_once(self._node, timeout_sec=0.05)
        until = time.monotonic() + LOOK
        while self._poses and time.monotonic() < until:
            rclpy.spin_once(self._node, timeout_sec=0.05)
        measured = corner(list(self._poses))
        if not np.isfinite(measured).all():
            raise WorkspaceError("the measured pose is not finite; look at the arm's driver")
        return measured

    def _drain(self) -> None:
        """Forget what was heard while nobody asked."""
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            rclpy.spin_once(self._node, timeout_sec=0.0)
        self._poses.clear()
