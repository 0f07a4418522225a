"""Quality of service of the house's topics."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from fosp_agent.errors import UserError

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
EVERY_STATE = latched(200)
"""Subscribers of session_state to whom it matters how the session came there (was the episode
aborted?): each state waits for one that was busy. Its publisher keeps the last alone, so that who
comes later hears that one only."""
EVENTS = latched(50)
"""episode_event."""
RECORDED = latched(200)
"""Publishers of what is recorded (observation, action, command_verdict, sim/truth), and the nodes
that must not miss any of it: a recorder that is discovered late still gets all of it. Others
subscribe with ``RELIABLE``."""

FRAMES = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=30, reliability=ReliabilityPolicy.RELIABLE
)
"""Publishers of camera frames: a second of them waits for a recorder that was busy."""
MEASURED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=500, reliability=ReliabilityPolicy.RELIABLE
)
"""Publishers of poses and forces, likewise."""

HEARTBEATS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=64, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""A lost beat is followed by the next. The beats of all nodes share a listener's queue: one that is
busy for a moment must find those of every node."""


def images(reliability: str, depth: int = 5) -> QoSProfile:
    """Camera frames and poses: "best_effort" matches every publisher, "reliable" is for lockstep.

    Raises:
        UserError: another word.
    """
    known = {
        "best_effort": ReliabilityPolicy.BEST_EFFORT,
        "reliable": ReliabilityPolicy.RELIABLE,
    }
    if reliability not in known:
        raise UserError(f"image_reliability is {reliability!r}; valid: {', '.join(known)}")
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth, reliability=known[reliability])
