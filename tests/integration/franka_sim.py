"""A simulated Franka arm behind its own network protocol, for tests and benchmarks."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from integration.stack import ROOT, Process, node_command

SERVER = ROOT / "tests" / "fakes" / "franky_sim_server.py"


def urgent() -> list[str]:
    """A command prefix that lets a process keep to milliseconds on a busy machine, if allowed."""
    chrt = shutil.which("chrt")
    prefix = [chrt or "false", "-f", "5"]
    allowed = subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode == 0
    return prefix if allowed else []


class SimulatedArm:
    """The server's process."""

    def __init__(self, popen: subprocess.Popen[str], host: str) -> None:
        self._popen = popen
        self.host = host

    def say(self, command: str) -> None:
        """Make it fail: ``reflex``, or ``force <N>``."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(command + "\n")
        self._popen.stdin.flush()


def interpreter() -> str:
    """Python of the simulated arm's own environment; skips the test where it cannot be made."""
    script = ROOT / "tools" / "franky_sim.sh"
    made = subprocess.run([script], check=False, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"franky-sim cannot be installed: {made.stderr.strip()[-300:]}")
    return made.stdout.split()[-1]


@contextmanager
def simulated_arm(log: Path) -> Iterator[SimulatedArm]:
    """Serves an arm on an address of this machine; needs the package franky here."""
    python = interpreter()
    pytest.importorskip("franky", reason="needs franky-control: requirements/robot.txt")
    with log.open("w") as output:
        popen = subprocess.Popen(
            [*urgent(), python, str(SERVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    try:
        assert popen.stdout is not None
        words = popen.stdout.readline().split()
        if not words or words[0] != "ready":
            pytest.fail(f"franky-sim did not start: {log.read_text()[-2000:]}")
        arm = SimulatedArm(popen, words[1])
        _keeps_pace(arm)
        yield arm
    finally:
        popen.kill()
        popen.wait(5.0)


def _keeps_pace(arm: SimulatedArm) -> None:
    """Skip where the machine is too busy to simulate an arm at its own rate."""
    script = (
        "import franky, sys, time\n"
        "robot = franky.Robot(sys.argv[1], realtime_config=franky.RealtimeConfig.Ignore)\n"
        "first, begin = robot.state.time.to_sec(), time.monotonic()\n"
        "time.sleep(1.0)\n"
        "print((robot.state.time.to_sec() - first) / (time.monotonic() - begin))\n"
    )
    command = [*urgent(), sys.executable, "-c", script, arm.host]
    found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    pace = float(found.stdout.split()[-1])
    if pace < 0.8:
        pytest.skip(f"this machine is too busy: the simulated arm runs at {pace:.2f} of its rate")


@contextmanager
def franka_node(
    domain: int, log: Path, arm: SimulatedArm, **parameters: object
) -> Iterator[Process]:
    """The node, driving the simulated arm."""
    settings = {"host": arm.host, "realtime": False, **parameters}
    command = [*urgent(), *node_command("fosp_agent", "franka_node", **settings)]
    process = Process(command, log, domain)
    try:
        yield process
    finally:
        process.stop()


def wait_until(deadline: float) -> None:
    """Sleep until a moment of the monotonic clock: tests that stream at a rate."""
    with suppress(ValueError):
        time.sleep(deadline - time.monotonic())


__all__ = ["SimulatedArm", "franka_node", "simulated_arm", "urgent", "wait_until"]
