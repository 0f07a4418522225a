"""What the graph tells of a stack's topics: who publishes, who subscribes, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fosp_msgs.msg import Action, CommandVerdict, Observation, SessionState
from geometry_msgs.msg import PoseStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import Image

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Endpoint, Finding, TopicSeen
from fosp_agent.ros import topics

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
ONE_PUBLISHER = (topics.TARGET_POSE, topics.IMAGE, topics.CURRENT_POSE, topics.SESSION_STATE)


def topic_seen(node: Node, name: str) -> TopicSeen:
    """Publishers and subscriptions of a topic."""
    full = node.resolve_topic_name(name)
    senders = node.get_publishers_info_by_topic(full)
    hearers = node.get_subscriptions_info_by_topic(full)
    return TopicSeen(full, tuple(map(_endpoint, senders)), tuple(map(_endpoint, hearers)))


def connections(seen: Callable[[str], TopicSeen]) -> Iterator[Finding]:
    """Whether each topic has its one publisher, and all subscriptions hear it.

    Args:
        seen: tells what was seen of a topic, by its relative name.
    """
    for name in ONE_PUBLISHER:
        yield checkup.publishers(seen(name))
    for name in KINDS:
        yield checkup.quality(seen(name))


def _endpoint(info: Any) -> Endpoint:
    """What the graph says of a publisher or subscription."""
    profile = info.qos_profile
    return Endpoint(
        f"{info.node_namespace.rstrip('/')}/{info.node_name}",
        profile.reliability == ReliabilityPolicy.RELIABLE,
        profile.durability == DurabilityPolicy.TRANSIENT_LOCAL,
    )
