"""Starts the nodes of a stack as processes, watches them, and stops them in good order.

Each process leads a session of its own, so that Ctrl-C reaches only the launcher, which passes it
on. None outlives the launcher: on Linux the kernel kills them if it is killed itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

POLL = 0.05
"""Between two looks at the processes [s]."""
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130
FAILED = 1


@dataclass(frozen=True)
class Patience:
    """How long things may take [s]."""

    interrupt: float = 7.0
    """From SIGINT to SIGTERM."""
    terminate: float = 2.0
    """From SIGTERM to SIGKILL."""
    backoff: float = 1.0
    """Before the first respawn; doubles with each that follows soon."""
    longest_backoff: float = 16.0
    healthy: float = 60.0
    """A process that lived this long starts again with the shortest back-off."""
    respawns: int = 5
    """Respawns in a row before giving up."""


@dataclass
class Child:
    """One process and what to do when it ends."""

    name: str
    command: Sequence[str]
    log: Path | None
    """Where its output goes; None: to the terminal."""
    respawn: bool = False
    required: bool = False
    optional: bool = False
    """The others go on when it cannot be kept alive."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    started: float = field(default=0.0, init=False)
    deaths: int = field(default=0, init=False)
    """In a row, each soon after its start."""
    due: float | None = field(default=None, init=False)
    """When it is to be started again."""


def _die_with_parent(parent: int) -> Callable[[], None]:
    """A function for the child between fork and exec: the kernel kills it with its parent."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(FAILED)

    return tie


def _under_nohup() -> bool:
    return signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


class Supervisor:
    """Runs children until the required one ends, one fails, or a signal asks for the end."""

    def __init__(
        self,
        children: Sequence[Child],
        environment: Mapping[str, str],
        say: Callable[[str], None],
        patience: Patience | None = None,
    ) -> None:
        """Prepare; nothing starts yet.

        Args:
            children: in the order in which to start them.
            environment: of every child.
            say: takes a line for the person at the terminal.
            patience: how long things may take.
        """
        self._children = list(children)
        self._environment = dict(environment)
        self._say = say
        self._patience = patience or Patience()
        self._wake = threading.Event()
        self._signals = 0

    def run(self) -> int:
        """Start everything, wait, stop everything; returns the exit status of the whole.

        Must be called on the main thread, whose death the children share.
        """
        heard = [n for n in STOP_SIGNALS if n != signal.SIGHUP or not _under_nohup()]
        earlier = {number: signal.signal(number, self._on_signal) for number in heard}
        try:
            for child in self._children:
                self._start(child)
            status = self._watch()
        finally:
            self._stop()
            for number, handler in earlier.items():
                signal.signal(number, handler)
        return status

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._wake.set()

    def _start(self, child: Child) -> None:
        sink = None
        if child.log is not None:
            child.log.parent.mkdir(parents=True, exist_ok=True)
            sink = child.log.open("ab")
        try:
            child.process = subprocess.Popen(
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT if sink else None,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),  # noqa: PLW1509 - only one thread here
            )
        finally:
            if sink is not None:
                sink.close()
        child.started, child.due = time.monotonic(), None

    def _watch(self) -> int:
        """Wait for a reason to stop; returns the exit status that it means."""
        while not self._signals:
            for child in self._children:
                if child.process is None:
                    self._start_when_due(child)
                elif (code := child.process.poll()) is not None:
                    status = self._ended(child, code)
                    if status is not None:
                        return status
            self._wake.wait(POLL)
        self._say("stopping (again: at once) ...")
        self._wake.clear()
        return INTERRUPTED

    def _start_when_due(self, child: Child) -> None:
        if child.due is not None and time.monotonic() >= child.due:
            self._start(child)

    def _ended(self, child: Child, code: int) -> int | None:
        """What the end of a process means: the exit status of the whole, or None to go on."""
        if child.required:
            return code if code >= 0 else 128 - code
        self._say(f"{child.name} ended unexpectedly ({describe(code)}); {self._last_words(child)}")
        if not child.respawn:
            return FAILED
        lived = time.monotonic() - child.started
        child.deaths = 1 if lived > self._patience.healthy else child.deaths + 1
        if child.deaths > self._patience.respawns:
            self._say(f"{child.name} died {child.deaths} times in a row: giving up")
            child.process = child.due = None
            return None if child.optional else FAILED
        wait = self._patience.backoff * 2 ** (child.deaths - 1)
        child.due = time.monotonic() + min(wait, self._patience.longest_backoff)
        child.process = None
        self._say(f"{child.name} starts again in {child.due - time.monotonic():.0f} s")
        return None

    def _last_words(self, child: Child) -> str:
        if child.log is None or not child.log.is_file():
            return "it wrote no log"
        tail = child.log.read_text(errors="replace").splitlines()[-8:]
        return f"the end of {child.log}:\n" + "\n".join(f"    {line}" for line in tail)

    def _stop(self) -> None:
        """SIGINT, then SIGTERM, then SIGKILL, each to whole process groups."""
        for number, seconds in (
            (signal.SIGINT, self._patience.interrupt),
            (signal.SIGTERM, self._patience.terminate),
            (signal.SIGKILL, self._patience.terminate),
        ):
            if not self._send(number):
                break
            self._wait_for_all(seconds)
        for child in self._children:  # what its own children left behind
            if child.process is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGKILL)

    def _send(self, number: signal.Signals) -> bool:
        """Signal the groups of those that live; returns whether any does."""
        alive = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in alive:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        return bool(alive)

    def _wait_for_all(self, seconds: float) -> None:
        deadline, signals = time.monotonic() + seconds, self._signals
        while time.monotonic() < deadline and self._signals <= max(signals, 1):
            if all(c.process is None or c.process.poll() is not None for c in self._children):
                return
            self._wake.wait(POLL)


def describe(code: int) -> str:
    """An exit status in words."""
    if code >= 0:
        return f"exit status {code}"
    return f"killed by {signal.Signals(-code).name}"
