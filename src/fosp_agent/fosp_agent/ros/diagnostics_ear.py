"""What the nodes of a stack say of themselves, heard from outside."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Finding, Level
from fosp_agent.control.policy_fit import Surface, heard
from fosp_agent.ros import topics
from fosp_agent.ros.qos import RELIABLE

ROBOT = ("observation_node", "command_gate_node")
"""Whose diagnostics tell what a policy will see and do."""


class DiagnosticsEar:
    """Remembers the last words of each."""

    def __init__(self, node: Node) -> None:
        """Begin to listen."""
        self._node = node
        self._heard: dict[str, tuple[float, DiagnosticStatus]] = {}
        self._present: set[str] = set()
        node.create_subscription(DiagnosticArray, topics.DIAGNOSTICS, self._hear, RELIABLE)

    def speaking(self, within: float = math.inf) -> dict[str, DiagnosticStatus]:
        """Name to last words, of those that spoke within so many seconds [s]."""
        since = time.monotonic() - within
        return {name: status for name, (at, status) in self._heard.items() if at > since}

    def forget_the_gone(self) -> None:
        """Forget nodes that have left since the last call: what comes back may be another."""
        present = set(self._node.get_node_names())
        for name in self._present - present:
            self._heard.pop(name, None)
        self._present = present

    def values(self, name: str, within: float = math.inf) -> dict[str, str]:
        """The values that one tells; empty: it does not speak."""
        status = self.speaking(within).get(name)
        return {one.key: one.value for one in status.values} if status else {}

    def robot(self, within: float = math.inf) -> Surface:
        """What the robot's nodes tell of images, poses and actions."""
        return heard(self.values(name, within) for name in ROBOT)

    def silent(self, needed: Iterable[str], within: float = math.inf) -> Iterator[Finding]:
        """Nodes that should have spoken."""
        speaking = self.speaking(within)
        for name in needed:
            if name not in speaking:
                yield Finding(Level.RED, name, "says nothing on /diagnostics", "start it")

    def errors(self, within: float = math.inf) -> Iterator[Finding]:
        """What nodes themselves call an error."""
        for name, status in sorted(self.speaking(within).items()):
            if status.level == DiagnosticStatus.ERROR:
                yield checkup.diagnosis(name, status.message)

    def _hear(self, message: DiagnosticArray) -> None:
        now = time.monotonic()
        self._heard.update({status.name: (now, status) for status in message.status})
