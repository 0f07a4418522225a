"""What can be seen of a running stack by listening for a while: rates, stamps, parameters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import rclpy
from fosp_msgs.msg import ArmStatus
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import qos_profile_sensor_data

from fosp_agent.control.checkup import TopicSeen
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import SECOND, nanoseconds
from fosp_agent.ros.diagnostics_ear import ROBOT, DiagnosticsEar
from fosp_agent.ros.graph import KINDS, topic_seen
from fosp_agent.ros.qos import RELIABLE

HEARD = (topics.IMAGE, topics.CURRENT_POSE)
"""Those whose rate and stamps count."""

PATIENCE = 2.0
"""With nodes that say nothing [s]."""


@dataclass
class _Heard:
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    offset: float | None = None


@dataclass
class Checkup:
    """Listens for a while, then answers."""

    node: Node
    topics_heard: dict[str, _Heard] = field(
        default_factory=lambda: {topic: _Heard() for topic in HEARD}
    )
    arm: ArmStatus | None = None

    def __post_init__(self) -> None:
        self.diagnostics = DiagnosticsEar(self.node)

    def listen(self, seconds: float) -> None:
        """Hear what goes by for this long [s], and until the robot's nodes have said how they are.

        Who says nothing is waited for a moment longer: it may just have been discovered.
        """
        for topic in HEARD:
            self.node.create_subscription(
                KINDS[topic],
                topic,
                lambda message, topic=topic: self._hear(topic, message),
                qos_profile_sensor_data,
            )
        self.node.create_subscription(ArmStatus, topics.ARM_STATUS, self._on_arm, RELIABLE)
        now = time.monotonic()
        enough, most = now + seconds, now + seconds + PATIENCE
        while (now := time.monotonic()) < enough or (now < most and self._someone_is_silent()):
            rclpy.spin_once(self.node, timeout_sec=0.05)

    def _someone_is_silent(self) -> bool:
        return any(self.diagnostics.silent(ROBOT))

    def _hear(self, topic: str, message: Any) -> None:
        heard, now = self.topics_heard[topic], time.monotonic()
        heard.first = heard.first or now
        heard.last, heard.count = now, heard.count + 1
        heard.offset = (nanoseconds(message.header.stamp) - time.time_ns()) / SECOND

    def _on_arm(self, message: ArmStatus) -> None:
        self.arm = message

    def topic(self, name: str) -> TopicSeen:
        """What was seen of a topic, its listener here left out."""
        seen = topic_seen(self.node, name)
        heard = self.topics_heard.get(name, _Heard())
        span = heard.last - heard.first
        mine = self.node.get_fully_qualified_name()
        return replace(
            seen,
            subscriptions=tuple(one for one in seen.subscriptions if one.node != mine),
            rate=(heard.count - 1) / span if span > 0 else 0.0,
            offset=heard.offset,
        )

    def parameters(self, node: str, names: Sequence[str], patience: float = 2.0) -> list[Any]:
        """Values of another node's parameters; empty when it does not answer."""
        client = self.node.create_client(GetParameters, f"{node}/get_parameters")
        if not client.wait_for_service(timeout_sec=patience):
            return []
        future = client.call_async(GetParameters.Request(names=list(names)))
        rclpy.spin_until_future_complete(self.node, future, timeout_sec=patience)
        answer = future.result() if future.done() else None
        return [] if answer is None else [parameter_value_to_python(v) for v in answer.values]

    @property
    def simulated(self) -> bool:
        """Whether the robot is a simulation."""
        return "sim_bridge_node" in self.node.get_node_names()
