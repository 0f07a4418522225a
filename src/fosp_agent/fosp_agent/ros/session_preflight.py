"""The checks without which no episode starts on a robot: the session asks before it arms."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Finding, Level, TopicSeen
from fosp_agent.control.policy_fit import SCALE, compare, heard
from fosp_agent.ros import topics
from fosp_agent.ros.checkup_ear import KINDS, ONE_PUBLISHER, ROBOT, endpoint, said_by
from fosp_agent.ros.qos import RELIABLE

SILENCE = 3.0
"""A node's diagnostics count for this long [s]."""
LOOK = 0.5
POLICY = "policy_node"


class Preflight:
    """Looks twice a second; tells when what is wrong changes."""

    def __init__(
        self,
        node: Node,
        run_dir: Path,
        tell: Callable[[str], None],
        needs_policy: Callable[[], bool],
    ) -> None:
        self._node = node
        self._needs_policy = needs_policy
        self._run_dir = run_dir
        self._tell = tell
        self._heard: dict[str, tuple[float, DiagnosticStatus]] = {}
        self._last: str | None = None
        node.create_subscription(
            DiagnosticArray, topics.DIAGNOSTICS, self._on_diagnostics, RELIABLE
        )
        node.create_timer(LOOK, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        now = time.monotonic()
        self._heard.update({status.name: (now, status) for status in message.status})

    def _look(self) -> None:
        red = [finding for finding in self._findings() if finding.level is Level.RED]
        words = "; ".join(f"{one.what}: {one.seen} ({one.remedy})" for one in red[:3])
        if words != self._last:
            self._last = words
            self._tell(f"preflight: {words}; ./safereach doctor shows all" if words else "")

    def _findings(self) -> list[Finding]:
        findings = [*self._diagnoses(), *self._policy()]
        findings += [checkup.publishers(self._topic(name)) for name in ONE_PUBLISHER]
        findings += [checkup.quality(self._topic(name)) for name in KINDS]
        folder = self._run_dir if self._run_dir.exists() else Path.cwd()
        findings.append(checkup.disk(shutil.disk_usage(folder).free / 1e9, str(folder)))
        return findings

    def _topic(self, name: str) -> TopicSeen:
        full = self._node.resolve_topic_name(name)
        senders = self._node.get_publishers_info_by_topic(full)
        hearers = self._node.get_subscriptions_info_by_topic(full)
        return TopicSeen(full, tuple(map(endpoint, senders)), tuple(map(endpoint, hearers)))

    def _diagnoses(self) -> list[Finding]:
        speaking = self._speaking()
        needed = (*ROBOT, POLICY) if self._needs_policy() else ROBOT
        found = [
            Finding(Level.RED, name, "says nothing on /diagnostics", "start it")
            for name in needed
            if name not in speaking
        ]
        for name, status in speaking.items():
            if status.level == DiagnosticStatus.ERROR:
                found.append(Finding(Level.RED, name, status.message, "see its log"))
        for _, status in self._heard.values():
            if unlocked := said_by(status).get("unlocked", ""):
                found.append(checkup.exposure(unlocked, simulated=False))
        return found

    def _speaking(self) -> dict[str, DiagnosticStatus]:
        """What each node said last that has not fallen silent."""
        since = time.monotonic() - SILENCE
        return {name: status for name, (at, status) in self._heard.items() if at > since}

    def _policy(self) -> list[Finding]:
        """Whether the acting policy is one for this robot."""
        speaking = self._speaking()
        said = {name: said_by(speaking[name]) for name in (*ROBOT, POLICY) if name in speaking}
        policy = said.pop(POLICY, None)
        if policy is None:
            return []
        if SCALE not in policy:
            return [Finding(Level.RED, POLICY, speaking[POLICY].message, "wait for its weights")]
        return list(compare(heard([policy]), heard(said.values())))
