"""Where a figure comes from: command, machine, revision, version, time."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from fosp_agent.experiments.unit import CLOCK
from fosp_agent.training.files import write_atomically

CLOCK_PERIOD = 10.0
"""Seconds of a unit's time that a kill may lose."""


def command_line() -> str:
    """The command as a person would type it again."""
    return shlex.join(["./safereach", *sys.argv[1:]])


def machine() -> dict[str, Any]:
    """Processor, cores, memory and accelerator."""
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "gpu": gpu,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def revision() -> str:
    """The checkout's commit, with ``+changes`` where tracked files differ; "unknown" outside."""
    folder = Path(__file__).resolve().parent
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    if not head:
        return "unknown"
    return head + ("+changes" if _git(folder, "status", "--porcelain", "-uno") else "")


def package_version() -> str:
    """Of the installed package; "unknown" where it runs from source."""
    try:
        return version("fosp-agent")
    except PackageNotFoundError:
        return "unknown"


def provenance(command: str) -> dict[str, Any]:
    """All of it, as JSON."""
    return {
        "command": command,
        "machine": machine(),
        "revision": revision(),
        "version": package_version(),
    }


@dataclass
class UnitClock:
    """The time that a unit took, over all its sessions."""

    folder: Path

    def __post_init__(self) -> None:
        """Go on from what earlier sessions noted."""
        path = self.folder / CLOCK
        earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._before = float(earlier.get("seconds", 0.0))
        self.sessions = int(earlier.get("sessions", 0)) + 1
        self._started = self._noted = time.monotonic()
        self._note()

    @property
    def seconds(self) -> float:
        """Wall-clock so far [s]."""
        return self._before + time.monotonic() - self._started

    def tick(self) -> None:
        """Note the time now and then."""
        if time.monotonic() - self._noted > CLOCK_PERIOD:
            self._note()

    def _note(self) -> None:
        self._noted = time.monotonic()
        record = {"seconds": round(self.seconds, 1), "sessions": self.sessions}
        write_atomically(self.folder / CLOCK, json.dumps(record).encode())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
