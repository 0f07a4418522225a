"""The camera's frames for the console, as long as somebody watches."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from fosp_agent.console.camera import CameraView
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_from_message
from fosp_agent.ros.qos import images
from fosp_agent.types import ByteArray


class CameraLink:
    """Best effort and one deep: no publisher ever waits for it, and it hears the newest only."""

    def __init__(self, node: Node, view: CameraView) -> None:
        self._node, self._view = node, view
        self._ear: Subscription | None = None

    def hear(self, wanted: bool) -> None:
        """Begin or end to listen. On the spinning thread."""
        if wanted and self._ear is None:
            quality = images("best_effort", depth=1)
            # A frame stays as it came; the view has the few decoded that it shows.
            self._ear = self._node.create_subscription(
                Image, topics.IMAGE, self._on_frame, quality, raw=True
            )
        elif not wanted and self._ear is not None:
            self._node.destroy_subscription(self._ear)
            self._ear = None

    def _on_frame(self, data: bytes) -> None:
        self._view.offer(lambda: decoded(data))


def decoded(data: bytes) -> ByteArray:
    """The pixels (H, W, C) of a serialised camera frame.

    Raises:
        MessageError: of an encoding that is not known.
    """
    return image_from_message(deserialize_message(data, Image), topics.IMAGE)
