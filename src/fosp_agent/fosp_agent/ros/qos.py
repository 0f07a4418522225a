"""Quality of service of the house's topics."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

RELIABLE = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=10, reliability=ReliabilityPolicy.RELIABLE
)
"""Observations, actions, verdicts, progress."""


def latched(depth: int) -> QoSProfile:
    """Reliable and transient local: late joiners get the last ``depth`` messages."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
    )


LATCHED = latched(1)
"""States: session_state, weights, weights_status."""
EVENTS = latched(50)
"""episode_event."""
