"""What a laboratory trips over, checked: each finding is green, yellow or red, with its remedy.

The checks are functions of what was seen; who looked, and how, is none of their business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

MEGABYTE = 2**20


class Level(IntEnum):
    """How bad it is."""

    GREEN = 0
    YELLOW = 1
    """Works, but look at it."""
    RED = 2
    """The robot must not be armed."""


@dataclass(frozen=True)
class Finding:
    """One line of the table."""

    level: Level
    what: str
    seen: str
    remedy: str = ""


@dataclass(frozen=True)
class Endpoint:
    """A publisher or a subscription of a topic."""

    node: str
    reliable: bool
    transient_local: bool


@dataclass(frozen=True)
class TopicSeen:
    """What was seen of a topic."""

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscriptions: tuple[Endpoint, ...] = ()
    rate: float = 0.0
    """Messages per second."""
    offset: float | None = None
    """Newest stamp minus this computer's clock [s]; None: no message, or no stamp."""


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level; green when there is nothing."""
    return max((finding.level for finding in findings), default=Level.GREEN)


def rate(topic: TopicSeen, least: float, simulated: bool) -> Finding:
    """Whether a topic's messages come often enough [Hz]."""
    seen = f"{topic.rate:.1f} Hz on {topic.name}"
    if topic.rate >= least:
        return Finding(Level.GREEN, "rate", seen)
    if not topic.publishers:
        return Finding(Level.RED, "rate", f"nobody publishes {topic.name}", "start its driver")
    if simulated:
        remedy = "a simulator shows frames only in an episode, or after its first one"
        return Finding(Level.YELLOW, "rate", seen, remedy)
    return Finding(Level.RED, "rate", seen, f"{least:g} Hz are needed: look at its driver's log")


def publishers(topic: TopicSeen) -> Finding:
    """Whether a topic has one publisher: two would drive one robot."""
    names = ", ".join(endpoint.node for endpoint in topic.publishers) or "nobody"
    seen = f"{topic.name} is published by {names}"
    if len(topic.publishers) == 1:
        return Finding(Level.GREEN, "one publisher", seen)
    remedy = "stop all but one" if topic.publishers else "start the stack"
    return Finding(Level.RED, "one publisher", seen, remedy)


def quality(topic: TopicSeen) -> Finding:
    """Whether each subscription can hear each publisher."""
    for subscription in topic.subscriptions:
        for publisher in topic.publishers:
            missing = []
            if subscription.reliable and not publisher.reliable:
                missing.append("reliable")
            if subscription.transient_local and not publisher.transient_local:
                missing.append("transient local")
            if missing:
                asks = f"{subscription.node} asks {' and '.join(missing)} of {publisher.node}"
                remedy = "set image_reliability: best_effort, or the driver's QoS to reliable"
                return Finding(Level.RED, "QoS", f"{topic.name}: {asks}", remedy)
    return Finding(Level.GREEN, "QoS", f"{topic.name}: all hear all")


def clock(topic: TopicSeen, largest: float) -> Finding | None:
    """Whether a topic's stamps are of this computer's time; None without a stamp."""
    if topic.offset is None:
        return None
    seen = f"{topic.name} is stamped {topic.offset:+.3f} s from this computer's clock"
    if abs(topic.offset) <= largest:
        return Finding(Level.GREEN, "clock", seen)
    return Finding(Level.RED, "clock", seen, "synchronise the computers' clocks (chrony)")


def box(lower: Sequence[float] | None, upper: Sequence[float] | None) -> Finding:
    """Whether the command gate has a workspace box; None: it was not to be asked."""
    if lower is None or upper is None:
        return Finding(Level.RED, "workspace box", "the command gate does not answer", "start it")
    if not lower or not upper:
        remedy = "./safereach workspace records it"
        return Finding(Level.RED, "workspace box", "not set: the gate refuses to arm", remedy)
    words = " to ".join(
        "(" + ", ".join(f"{value:.3f}" for value in corner[:3]) + ")" for corner in (lower, upper)
    )
    return Finding(Level.GREEN, "workspace box", f"{words} m")


def exposure(unlocked: str | None, simulated: bool) -> Finding:
    """Whether the camera sets exposure or white balance by itself; None: it did not say."""
    what = "exposure"
    if simulated:
        return Finding(Level.GREEN, what, "a simulated camera has none")
    if unlocked is None:
        remedy = "fix exposure and white balance at the driver, then look at the picture"
        return Finding(Level.YELLOW, what, "no camera says whether it is fixed", remedy)
    if unlocked:
        remedy = "set exposure and white_balance in config/camera-realsense.yaml"
        return Finding(Level.RED, what, f"{unlocked} is automatic", remedy)
    return Finding(Level.GREEN, what, "exposure and white balance are fixed")


def disk(free: float, folder: str) -> Finding:
    """Whether there is space for episodes [GB]."""
    seen = f"{free:.1f} GB free at {folder}"
    if free < 1.0:
        return Finding(Level.RED, "disk", seen, "free some space, or choose another run_dir")
    if free < 10.0:
        return Finding(Level.YELLOW, "disk", seen, "an episode takes 2 to 10 MB")
    return Finding(Level.GREEN, "disk", seen)


def buffers(bytes_: int) -> Finding:
    """Whether the kernel's UDP buffer holds a camera frame."""
    seen = f"net.core.rmem_max is {bytes_ / MEGABYTE:.1f} MiB"
    if bytes_ >= 2 * MEGABYTE:
        return Finding(Level.GREEN, "UDP buffers", seen)
    remedy = "sysctl -w net.core.rmem_max=8388608 (a 640x480 frame is 0.9 MB)"
    return Finding(Level.YELLOW, "UDP buffers", seen, remedy)


def real_time(kernel: bool, arm: bool) -> Finding:
    """Whether the kernel is a real-time one, which the arm's computer needs."""
    if kernel:
        return Finding(Level.GREEN, "real-time kernel", "there is one")
    if not arm:
        return Finding(Level.GREEN, "real-time kernel", "none; no arm is driven from here")
    remedy = "boot PREEMPT_RT on the arm's computer"
    return Finding(Level.YELLOW, "real-time kernel", "none", remedy)


def robot(ready: bool | None, detail: str) -> Finding:
    """Whether the arm follows targets; None: no arm speaks."""
    if ready is None:
        return Finding(Level.GREEN, "robot mode", "no arm speaks: a simulation")
    if ready:
        return Finding(Level.GREEN, "robot mode", detail or "ready")
    seen = detail or "the arm does not follow targets"
    return Finding(Level.RED, "robot mode", seen, "./safereach status says what it waits for")


def diagnosis(node: str, message: str) -> Finding:
    """What a node itself calls an error."""
    return Finding(Level.RED, node, message, "see its log")
