"""The checks without which no episode starts on a robot: the session asks before it arms."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Finding, Level
from fosp_agent.control.policy_fit import SCALE, compare, heard
from fosp_agent.ros.diagnostics import UNLOCKED
from fosp_agent.ros.diagnostics_ear import ROBOT, DiagnosticsEar
from fosp_agent.ros.graph import connections, topic_seen

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
        self._diagnostics = DiagnosticsEar(node)
        self._last: str | None = None
        node.create_timer(LOOK, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _look(self) -> None:
        red = [finding for finding in self._findings() if finding.level is Level.RED]
        words = "; ".join(f"{one.what}: {one.seen} ({one.remedy})" for one in red[:3])
        if words != self._last:
            self._last = words
            self._tell(f"preflight: {words}; ./safereach doctor shows all" if words else "")

    def _findings(self) -> list[Finding]:
        self._diagnostics.forget_the_gone()
        findings = [*self._diagnoses(), *self._policy()]
        findings += connections(partial(topic_seen, self._node))
        folder = self._run_dir if self._run_dir.exists() else Path.cwd()
        findings.append(checkup.disk(shutil.disk_usage(folder).free / 1e9, str(folder)))
        return findings

    def _diagnoses(self) -> Iterator[Finding]:
        needed = (*ROBOT, POLICY) if self._needs_policy() else ROBOT
        yield from self._diagnostics.silent(needed, SILENCE)
        yield from self._diagnostics.errors(SILENCE)
        for name in self._diagnostics.speaking(SILENCE):
            if unlocked := self._diagnostics.values(name, SILENCE).get(UNLOCKED, ""):
                yield checkup.exposure(unlocked, simulated=False)

    def _policy(self) -> Iterator[Finding]:
        """Whether the acting policy is one for this robot."""
        said = self._diagnostics.speaking(SILENCE).get(POLICY)
        if said is None:
            return
        values = self._diagnostics.values(POLICY, SILENCE)
        if SCALE not in values:
            yield Finding(Level.RED, POLICY, said.message, "wait for its weights")
            return
        yield from compare(heard([values]), self._diagnostics.robot(SILENCE))
