"""How an experiment goes: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from fosp_agent.experiments.crew import Watcher
from fosp_agent.experiments.unit import Unit

LINE_EVERY = 30.0
"""Seconds between two lines about one unit."""


class LineWatcher:
    """A line at a unit's beginning and end, and now and then in between."""

    def __init__(self, jobs: int, job: str = "") -> None:
        self._jobs = jobs
        self._job = job
        self._said = time.monotonic()

    def __call__(self, number: int) -> Watcher:
        """The watcher of a job, in its process."""
        return LineWatcher(self._jobs, f"[job {number}] " if self._jobs > 1 else "")

    def began(self, unit: Unit) -> None:
        """Say so."""
        self._say(f"{unit.path}: begins")

    def advanced(self, unit: Unit, done: int, total: int, what: str) -> None:
        """Say so when the last line is old."""
        if time.monotonic() - self._said > LINE_EVERY:
            self._say(f"{unit.path}: {done}/{total} {what}")

    def ended(self, unit: Unit, seconds: float) -> None:
        """Say so."""
        self._say(f"{unit.path}: done, {seconds:.1f} s")

    def failed(self, unit: Unit, why: str) -> None:
        """Say why."""
        self._say(f"{unit.path}: cannot be done: {why}")

    def waiting(self, units: Sequence[Unit]) -> None:
        """Say for whom."""
        self._say(f"waiting for {len(units)} units that other processes are at, or that need them")

    def _say(self, text: str) -> None:
        self._said = time.monotonic()
        print(f"{time.strftime('%H:%M:%S')} {self._job}{text}", flush=True)


class ScreenWatcher:
    """Two bars: all units, and the one at hand."""

    def __init__(self, root: Path, units: Sequence[Unit]) -> None:
        self._console = Console()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._root = root
        self._plan = units
        self._all: TaskID | None = None
        self._one: TaskID | None = None

    def __call__(self, number: int) -> Watcher:  # noqa: ARG002 - there is one job
        """Show the bars."""
        self._bars.start()
        self._all = self._bars.add_task("units", total=len(self._plan), completed=self._done())
        return self

    def began(self, unit: Unit) -> None:
        """A bar of its own."""
        self._one = self._bars.add_task(unit.path, total=None)

    def advanced(self, unit: Unit, done: int, total: int, what: str) -> None:
        """Move it."""
        assert self._one is not None
        self._bars.update(
            self._one, completed=done, total=total, description=f"{unit.path}, {what}"
        )

    def ended(self, unit: Unit, seconds: float) -> None:
        """Take it away."""
        self._console.print(f"{unit.path}: {seconds:.1f} s", soft_wrap=True)
        self._settle()

    def failed(self, unit: Unit, why: str) -> None:
        """Say why."""
        self._console.print(f"[red]{unit.path}[/red]: {why}", soft_wrap=True)
        self._settle()

    def waiting(self, units: Sequence[Unit]) -> None:
        """Say for whom."""
        self._console.print(f"waiting for {len(units)} units in the hands of other processes")

    def _settle(self) -> None:
        assert self._one is not None
        assert self._all is not None
        self._bars.remove_task(self._one)
        self._bars.update(self._all, completed=self._done())
        if not self._bars.tasks or self._done() == len(self._plan):
            self._bars.stop()

    def _done(self) -> int:
        return sum(unit.done(self._root) for unit in self._plan)
