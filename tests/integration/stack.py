"""Processes and an ear for the integration tests. All waiting has a condition and a deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import rclpy
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

from fakes.patience import wait_for
from safereach_bringup.command import executable
from safereach_bringup.stack_types import Node as LaunchNode

__all__ = ["ROOT", "Ear", "Process", "ear", "launched", "node", "node_command", "wait_for"]
ROOT = Path(__file__).parents[2]


class Process:
    """A child with its output in a file, in a process group of its own."""

    def __init__(self, command: list[str], log: Path, domain: int, cwd: Path = ROOT) -> None:
        self.log = log
        environment = {**os.environ, "ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1"}
        with log.open("w") as output:
            self.popen = subprocess.Popen(
                command,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=cwd,
                env=environment,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait(self, seconds: float) -> int:
        """Exit code; an unfinished process fails the test with the end of its output."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"still running after {seconds:.0f} s:\n{self.output[-4000:]}"
            ) from None

    def children(self) -> dict[int, str]:
        """Command lines of its live descendants, by pid."""
        parents: dict[int, int] = {}
        lines: dict[int, str] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError, ValueError):
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                if stat[0] != "Z":
                    parents[int(folder.name)] = int(stat[1])
                    command = (folder / "cmdline").read_bytes()
                    lines[int(folder.name)] = command.replace(b"\0", b" ").decode()
        found, frontier = {}, [self.popen.pid]
        while frontier:
            parent = frontier.pop()
            for pid, its_parent in parents.items():
                if its_parent == parent:
                    found[pid] = lines[pid]
                    frontier.append(pid)
        return found

    def child(self, name: str) -> int:
        """The pid of the one descendant whose command line has ``name``; 0 when there is none."""
        pids = [pid for pid, line in self.children().items() if name in line]
        return max(pids, default=0)

    def stop(self) -> None:
        """SIGINT, and SIGKILL for what is left 15 s later."""
        everyone = [self.popen.pid, *self.children()]
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.popen.wait(15.0)
        for pid in everyone:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def launched(stack: str, domain: int, log: Path, **arguments: object) -> Iterator[Process]:
    """``./safereach launch <stack> name:=value ...`` for the length of a ``with``.

    Without a console, unless it is asked for.

    Fine-tuning learns from its own episodes alone, whether demonstrations lie about or not.
    """
    arguments.setdefault("console", "false")
    if stack == "finetune":
        arguments.setdefault("dataset", "none")
    command = [sys.executable, "-m", "fosp_agent.cli.main", "launch", stack]
    command += [f"{name}:={value}" for name, value in arguments.items()]
    process = Process(command, log, domain)
    try:
        yield process
    finally:
        process.stop()


def node_command(package: str, name: str, **parameters: object) -> list[str]:
    """A node's installed executable and its parameters: what the launcher and ros2 run start."""
    command = [str(executable(LaunchNode(package, name))), "--ros-args"]
    for key, value in parameters.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        command += ["-p", f"{key}:={text}"]
    return command


@contextmanager
def node(
    package: str, name: str, domain: int, log: Path, cwd: Path = ROOT, **parameters: object
) -> Iterator[Process]:
    """One node as a process of its own."""
    process = Process(node_command(package, name, **parameters), log, domain, cwd)
    try:
        yield process
    finally:
        process.stop()


class Ear:
    """A node of the test that keeps every message it hears."""

    def __init__(self, handle: Node) -> None:
        self.node = handle
        self._heard: dict[str, list[Any]] = {}

    def listen(self, kind: type, topic: str, profile: Any) -> list[Any]:
        """Subscribe; the list grows as messages come."""
        heard = self._heard.setdefault(topic, [])
        self.node.create_subscription(kind, topic, heard.append, profile)
        return heard


@contextmanager
def ear(domain: int) -> Iterator[Ear]:
    """A spinning node in the test's own process and domain."""
    context = Context()
    rclpy.init(context=context, domain_id=domain)
    handle = rclpy.create_node("test_ear", context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(handle)

    def spin() -> None:
        with suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield Ear(handle)
    finally:
        executor.shutdown(timeout_sec=2.0)
        handle.destroy_node()
        context.try_shutdown()
        thread.join(5.0)
