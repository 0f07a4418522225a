"""Units that act, tests and trials, in the scenes that all experiments share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fosp_agent.config import AgentConfig
from fosp_agent.experiments.unit import Unit

BEFORE, START, AFTER = "before", "start", "after"
"""Tests of the pretrained policy, of the same in the scenes of the trials, and after these."""
FIRST_TEST_SEED = 1000
TEST_SEEDS_APART = 100
"""Between the first tests of two seeds."""
FIRST_TRIAL_SEED = 10_000
TRIAL_SEEDS_APART = 1000
"""Between the first trials of two seeds: no scene of a trial is one of a test or another's."""
MOST_SEEDS = (FIRST_TRIAL_SEED - FIRST_TEST_SEED) // TEST_SEEDS_APART
"""With more, scenes of tests would be scenes of trials."""


@dataclass(frozen=True)
class Acting:
    """One agent of one seed, of which tests and trials are made."""

    folder: str
    """That begins the names of its units."""
    common: Mapping[str, Any]
    """Settings that all of them have; "seed" among them."""
    config: AgentConfig
    """That the weights act and learn under."""

    def tests(
        self, name: str, need: str, modes: Iterable[str], *, task: str, when: str, tests: int
    ) -> list[Unit]:
        """Tests with the weights of a unit, a unit a mode.

        Args:
            name: in the folder; the mode follows it.
            need: the unit whose weights they are.
            modes: how it acts.
            task: of the environment.
            when: before or after fine-tuning, in the words of the report.
            tests: how many.
        """
        first = FIRST_TEST_SEED + TEST_SEEDS_APART * int(self.common["seed"])
        return [self._test(name, need, mode, task, when, tests, first) for mode in modes]

    def start(self, task: str, need: str, *, mode: str, trials: int) -> Unit:
        """The policy as it is before the first trial, in the scenes of the trials.

        Args:
            task: of the environment.
            need: the unit whose weights they are.
            mode: how the trials act.
            trials: how many there are.
        """
        first = _first_trial(int(self.common["seed"]))
        return self._test(f"{task}/{START}", need, mode, task, START, trials, first)

    def trials(
        self,
        task: str,
        need: str,
        *,
        mode: str,
        trials: int,
        updates: int,
        dataset: Path,
    ) -> Unit:
        """Fine-tuning from the weights of a unit.

        Args:
            task: of the environment.
            need: the unit whose weights they are.
            mode: how it acts.
            trials: how many.
            updates: gradient steps after each.
            dataset: the demonstrations that the trials are added to.
        """
        settings = {
            "task": task,
            "mode": mode,
            "trials": trials,
            "updates": updates,
            "first_seed": _first_trial(int(self.common["seed"])),
            "dataset": str(dataset),
        }
        return self._unit("trials", f"{task}/trials", need, settings)

    def _test(
        self, name: str, need: str, mode: str, task: str, when: str, tests: int, first: int
    ) -> Unit:
        settings = {"task": task, "when": when, "mode": mode, "tests": tests, "first_seed": first}
        return self._unit("test", f"{name}-{mode}", need, settings)

    def _unit(self, kind: str, path: str, need: str, settings: Mapping[str, Any]) -> Unit:
        every = {**self.common, **settings}
        return Unit(f"{self.folder}/{path}", kind, every, (need,), self.config.to_dict())


def _first_trial(seed: int) -> int:
    return FIRST_TRIAL_SEED + TRIAL_SEEDS_APART * seed
