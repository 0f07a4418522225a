"""Working through a plan: each unit once, by whichever process takes it first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fosp_agent.errors import UserError
from fosp_agent.experiments.claim import claim
from fosp_agent.experiments.provenance import UnitClock
from fosp_agent.experiments.result import write_result
from fosp_agent.experiments.unit import CLAIM, Unit, require_all_same
from fosp_agent.experiments.work import Work
from fosp_agent.experiments.work_pretrain import run_pretraining
from fosp_agent.experiments.work_test import run_test_unit
from fosp_agent.experiments.work_trials import run_trials_unit

WORK: Mapping[str, Work] = {
    "pretrain": run_pretraining,
    "test": run_test_unit,
    "trials": run_trials_unit,
}
"""Kind of a unit to its work."""
POLL = 1.0
"""Seconds between two looks at what other processes hold."""


class Watcher(Protocol):
    """Whom to tell how it goes."""

    def began(self, unit: Unit) -> None:
        """A unit is ours."""
        ...

    def advanced(self, unit: Unit, done: int, total: int, what: str) -> None:
        """Some of it is done."""
        ...

    def ended(self, unit: Unit, seconds: float) -> None:
        """Its result is written."""
        ...

    def failed(self, unit: Unit, why: str) -> None:
        """It cannot be done; the others go on."""
        ...

    def waiting(self, units: Sequence[Unit]) -> None:
        """All that is left is in the hands of other processes."""
        ...


@dataclass
class Worker:
    """One process at a plan."""

    root: Path
    units: Sequence[Unit]
    watcher: Watcher
    command: str
    wait: Callable[[float], None] = time.sleep
    failures: dict[str, str] = field(default_factory=dict)
    """Unit to why it cannot be done."""

    def work(self) -> None:
        """Do whatever is left, until nothing is, or what is left cannot be done.

        Raises:
            UnitMismatch: a folder was begun with other settings; nothing is done then.
        """
        require_all_same(self.units, self.root)
        told = False
        while left := self._left():
            if self._take_one(left):
                told = False
                continue
            if not told:
                self.watcher.waiting(left)
                told = True
            self.wait(POLL)

    def _left(self) -> list[Unit]:
        """Units without a result that may still come to one; what failed takes others along."""
        for unit in self.units:
            lost = [need for need in unit.needs if need in self.failures]
            if lost and unit.path not in self.failures:
                self.failures[unit.path] = f"needs {lost[0]}"
        return [u for u in self.units if u.path not in self.failures and not u.done(self.root)]

    def _take_one(self, left: Sequence[Unit]) -> bool:
        """Do the first unit that is ready and free; false if there is none."""
        paths = {unit.path for unit in left}
        for unit in left:
            if any(need in paths for need in unit.needs):
                continue
            with claim(unit.folder(self.root) / CLAIM) as ours:
                if not ours:
                    continue
                if not unit.done(self.root):
                    self._do(unit)
                return True
        return False

    def _do(self, unit: Unit) -> None:
        self.watcher.began(unit)
        try:
            unit.begin(self.root)
            clock = UnitClock(unit.folder(self.root))

            def progress(done: int, total: int, what: str) -> None:
                clock.tick()
                self.watcher.advanced(unit, done, total, what)

            found = WORK[unit.kind](self.root, unit, progress)
            write_result(self.root, unit, found.result, found.timed, clock, self.command)
        except UserError as problem:
            self.failures[unit.path] = str(problem)
            self.watcher.failed(unit, str(problem))
        else:
            self.watcher.ended(unit, clock.seconds)
