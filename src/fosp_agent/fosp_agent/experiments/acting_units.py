"""Units that act, tests and trials, in the scenes that all experiments share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fosp_agent.config import AgentConfig
from fosp_agent.experiments.unit import Unit

FIRST_TEST_SEED = 1000
TEST_SEEDS_APART = 100
"""Between the first tests of two seeds."""
FIRST_TRIAL_SEED = 10_000
TRIAL_SEEDS_APART = 1000
"""Between the first trials of two seeds: no scene of a trial is one of a test or another's."""
MOST_SEEDS = (FIRST_TRIAL_SEED - FIRST_TEST_SEED) // TEST_SEEDS_APART


@dataclass(frozen=True)
class Acting:
    """One agent of one seed, of which tests and trials are made."""

    folder: str
    """That begins the names of its units."""
    common: Mapping[str, Any]
    """Settings that all of them have; "seed" among them."""
    config: AgentConfig
    """That the weights act and learn under."""

    def test(
        self,
        path: str,
        need: str,
        *,
        task: str,
        when: str,
        mode: str,
        tests: int,
        in_trials: bool = False,
    ) -> Unit:
        """Tests with the weights of a unit.

        Args:
            path: in the folder.
            need: the unit whose weights they are.
            task: of the environment.
            when: before or after fine-tuning, in the words of the report.
            mode: how it acts.
            tests: how many.
            in_trials: in the scenes of the trials, instead of those of all tests.
        """
        seed = int(self.common["seed"])
        first = FIRST_TEST_SEED + TEST_SEEDS_APART * seed
        settings = {
            "task": task,
            "when": when,
            "mode": mode,
            "tests": tests,
            "first_seed": _first_trial(seed) if in_trials else first,
        }
        return self._unit("test", path, need, settings)

    def trials(
        self,
        path: str,
        need: str,
        *,
        task: str,
        mode: str,
        trials: int,
        updates: int,
        dataset: Path,
    ) -> Unit:
        """Fine-tuning from the weights of a unit.

        Args:
            path: in the folder.
            need: the unit whose weights they are.
            task: of the environment.
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
        return self._unit("trials", path, need, settings)

    def _unit(self, kind: str, path: str, need: str, settings: Mapping[str, Any]) -> Unit:
        every = {**self.common, **settings}
        return Unit(f"{self.folder}/{path}", kind, every, (need,), self.config.to_dict())


def _first_trial(seed: int) -> int:
    return FIRST_TRIAL_SEED + TRIAL_SEEDS_APART * seed
