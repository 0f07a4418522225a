"""What can be seen of a running stack from outside: rates, endpoints, parameters, diagnostics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fosp_msgs.msg import Action, ArmStatus, CommandVerdict, Observation, SessionState
from geometry_msgs.msg import PoseStamped
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import Image

from fosp_agent.control.checkup import Endpoint, TopicSeen
from fosp_agent.control.policy_fit import Surface, heard
from fosp_agent.ros import topics
from fosp_agent.ros.conversions import SECOND, nanoseconds
from fosp_agent.ros.qos import RELIABLE

KINDS: dict[str, Any] = {
    topics.IMAGE: Image,
    topics.CURRENT_POSE: PoseStamped,
    topics.OBSERVATION: Observation,
    topics.ACTION: Action,
    topics.TARGET_POSE: PoseStamped,
    topics.COMMAND_VERDICT: CommandVerdict,
    topics.SESSION_STATE: SessionState,
}
"""Topics that are looked at."""
ROBOT = ("observation_node", "command_gate_node")
"""Whose diagnostics tell what a policy will see and do."""
ONE_PUBLISHER = (topics.TARGET_POSE, topics.IMAGE, topics.CURRENT_POSE, topics.SESSION_STATE)
HEARD = (topics.IMAGE, topics.CURRENT_POSE)
"""Those whose rate and stamps count."""


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
    statuses: dict[str, DiagnosticStatus] = field(default_factory=dict)
    arm: ArmStatus | None = None

    def listen(self, seconds: float) -> None:
        """Hear what goes by for this long."""
        for topic in HEARD:
            self.node.create_subscription(
                KINDS[topic],
                topic,
                lambda message, topic=topic: self._hear(topic, message),
                qos_profile_sensor_data,
            )
        self.node.create_subscription(
            DiagnosticArray, topics.DIAGNOSTICS, self._on_diagnostics, RELIABLE
        )
        self.node.create_subscription(ArmStatus, topics.ARM_STATUS, self._on_arm, RELIABLE)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            rclpy.spin_once(self.node, timeout_sec=0.05)

    def _hear(self, topic: str, message: Any) -> None:
        heard, now = self.topics_heard[topic], time.monotonic()
        heard.first = heard.first or now
        heard.last, heard.count = now, heard.count + 1
        heard.offset = (nanoseconds(message.header.stamp) - time.time_ns()) / SECOND

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self.statuses.update({status.name: status for status in message.status})

    def _on_arm(self, message: ArmStatus) -> None:
        self.arm = message

    def topic(self, name: str) -> TopicSeen:
        """What was seen of a topic."""
        full = self.node.resolve_topic_name(name)
        heard = self.topics_heard.get(name, _Heard())
        span = heard.last - heard.first
        mine = self.node.get_fully_qualified_name()
        senders = self.node.get_publishers_info_by_topic(full)
        hearers = self.node.get_subscriptions_info_by_topic(full)
        return TopicSeen(
            full,
            tuple(endpoint(one) for one in senders),
            tuple(e for e in map(endpoint, hearers) if e.node != mine),
            (heard.count - 1) / span if span > 0 else 0.0,
            heard.offset,
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

    def says(self, node: str, key: str) -> str | None:
        """A value of a node's diagnostics; None when it was not heard."""
        status = self.statuses.get(node)
        return said_by(status).get(key) if status else None

    def robot(self) -> Surface:
        """What the robot's nodes tell of images, poses and actions."""
        return heard(said_by(self.statuses[name]) for name in ROBOT if name in self.statuses)

    @property
    def simulated(self) -> bool:
        """Whether the robot is a simulation."""
        return "sim_bridge_node" in self.node.get_node_names()


def said_by(status: DiagnosticStatus) -> dict[str, str]:
    """The values of a node's diagnostics."""
    return {one.key: one.value for one in status.values}


def endpoint(info: Any) -> Endpoint:
    """What the graph says of a publisher or subscription."""
    profile = info.qos_profile
    return Endpoint(
        f"{info.node_namespace.rstrip('/')}/{info.node_name}",
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )
