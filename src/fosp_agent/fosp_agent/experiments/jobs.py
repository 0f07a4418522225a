"""Several processes at one plan; they share nothing but the folder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

import torch

from fosp_agent.experiments.crew import Watcher, Worker
from fosp_agent.experiments.unit import Unit, require_all_same
from fosp_agent.training.allocator import keep_freed_memory

ORPHAN_POLL = 2.0
"""Seconds between two looks whether the parent is still there."""


@dataclass(frozen=True)
class Team:
    """How a plan is worked through."""

    root: Path
    units: Sequence[Unit]
    command: str
    jobs: int = 1
    threads: int = 0
    """CPU threads a process; 0: those that PyTorch would take, shared out evenly."""

    @property
    def threads_each(self) -> int:
        """CPU threads of each process."""
        return self.threads or max(1, torch.get_num_threads() // self.jobs)

    def work(self, make_watcher: Callable[[int], Watcher]) -> dict[str, str]:
        """Work until nothing is left to do.

        Args:
            make_watcher: builds the watcher of job 0 .. jobs - 1, in its process; picklable.

        Returns:
            Unit to why it could not be done. With several jobs only what has no result yet.

        Raises:
            UnitMismatch: a folder was begun with other settings.
        """
        if self.jobs == 1:
            keep_freed_memory()
            torch.set_num_threads(self.threads_each)
            worker = Worker(self.root, self.units, make_watcher(0), self.command)
            worker.work()
            return worker.failures
        require_all_same(self.units, self.root)
        return self._side_by_side(make_watcher)

    def _side_by_side(self, make_watcher: Callable[[int], Watcher]) -> dict[str, str]:
        context = get_context("spawn")
        processes = [
            context.Process(target=_job, args=(self, number, make_watcher))
            for number in range(self.jobs)
        ]
        for process in processes:
            process.start()
        try:
            for process in processes:
                process.join()
        finally:
            for process in processes:
                process.terminate()
        return {
            unit.path: "see the job's own message"
            for unit in self.units
            if not unit.done(self.root)
        }


def _job(team: Team, number: int, make_watcher: Callable[[int], Watcher]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_freed_memory()
    torch.set_num_threads(team.threads_each)
    Worker(team.root, team.units, make_watcher(number), team.command).work()


def _end_with_parent() -> None:
    """A killed parent takes its jobs along; what they had is taken up by the next run."""
    parent = parent_process()
    while parent is not None and parent.is_alive():
        time.sleep(ORPHAN_POLL)
    os._exit(1)
