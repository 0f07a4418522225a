"""Two network namespaces joined by a cable that can be pulled: two machines in one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

RATE = "20mbit"
"""Of the cable: a transfer of some megabytes takes seconds, so that it can be interrupted."""


def _ip(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ip", *words], check=check, capture_output=True, text=True)


class TwoMachines:
    """``robot`` and ``trainer``, each with one end of the cable."""

    def __init__(self) -> None:
        mark = f"{os.getpid() % 100000}"
        self.names = {"robot": f"sr-robot-{mark}", "trainer": f"sr-trainer-{mark}"}
        self._ends = {"robot": f"srr{mark}", "trainer": f"srt{mark}"}

    def build(self) -> None:
        for name in self.names.values():
            _ip("netns", "add", name)
            self._in(name, "ip", "link", "set", "lo", "up")
        robot, trainer = self._ends["robot"], self._ends["trainer"]
        _ip("link", "add", robot, "type", "veth", "peer", "name", trainer)
        for number, (side, end) in enumerate(self._ends.items(), start=1):
            name = self.names[side]
            _ip("link", "set", end, "netns", name)
            self._in(name, "ip", "addr", "add", f"10.213.77.{number}/24", "dev", end)
            self._in(name, "ip", "link", "set", end, "up")
            self._in(name, "ip", "route", "add", "224.0.0.0/4", "dev", end)
            slow = ["rate", RATE, "burst", "64kb", "latency", "100ms"]
            self._in(name, "tc", "qdisc", "add", "dev", end, "root", "tbf", *slow)

    def cable(self, *, plugged: bool) -> None:
        """Plug or pull the cable."""
        side, state = self.names["trainer"], "up" if plugged else "down"
        self._in(side, "ip", "link", "set", self._ends["trainer"], state)
        if plugged:  # the route goes with the link
            words = ["route", "replace", "224.0.0.0/4", "dev", self._ends["trainer"]]
            self._in(side, "ip", *words)

    def remove(self) -> None:
        for name in self.names.values():
            _ip("netns", "del", name, check=False)

    def command(self, side: str, command: list[str]) -> list[str]:
        """A command line that runs on one of the machines."""
        return ["ip", "netns", "exec", self.names[side], *command]

    @staticmethod
    def _in(name: str, *words: str) -> None:
        subprocess.run(["ip", "netns", "exec", name, *words], check=True, capture_output=True)


@contextmanager
def two_machines(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoMachines]:
    """Both machines and their cable; skips the test where namespaces are not allowed."""
    if shutil.which("ip") is None or shutil.which("tc") is None:
        pytest.skip("needs ip and tc (Debian's iproute2)")
    machines = TwoMachines()
    try:
        try:
            machines.build()
        except subprocess.CalledProcessError as problem:
            stderr = problem.stderr
            words = stderr if isinstance(stderr, str) else (stderr or b"").decode()
            pytest.skip(f"network namespaces are not allowed here: {words.strip()}")
        # Neither shared memory nor the loopback may carry what a cable has to.
        monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "SUBNET")
        monkeypatch.setenv("FASTDDS_BUILTIN_TRANSPORTS", "UDPv4")
        yield machines
    finally:
        machines.remove()
