"""Units that act, tests and trials, in the scenes that all experiments share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fosp_agent.config import AgentConfig
from fosp_agent.experiments.protocol import (
    FIRST_TEST_SEED,
    FIRST_TRIAL_SEED,
    TRIAL_SEEDS_APART,
)
from fosp_agent.experiments.unit import Unit


def test_unit(
    path: str,
    common: Mapping[str, Any],
    config: AgentConfig,
    need: str,
    *,
    task: str,
    when: str,
    mode: str,
    tests: int,
) -> Unit:
    """Tests with the weights of ``need``, before or after fine-tuning.

    Args:
        path: of the unit.
        common: settings that all units of the agent and the seed have.
        config: that the weights act under.
        need: the unit whose weights they are.
        task: of the environment.
        when: "before" or "after".
        mode: how it acts.
        tests: how many.
    """
    settings = {
        **common,
        "task": task,
        "when": when,
        "mode": mode,
        "tests": tests,
        "first_seed": FIRST_TEST_SEED,
    }
    return Unit(path, "test", settings, (need,), config.to_dict())


def trials_unit(
    path: str,
    common: Mapping[str, Any],
    config: AgentConfig,
    need: str,
    *,
    task: str,
    mode: str,
    trials: int,
    updates: int,
    dataset: Path,
) -> Unit:
    """Fine-tuning from the weights of ``need``.

    Args:
        path: of the unit.
        common: settings that all units of the agent and the seed have, "seed" among them.
        config: that the weights act and learn under.
        need: the unit whose weights they are.
        task: of the environment.
        mode: how it acts.
        trials: how many.
        updates: gradient steps after each.
        dataset: the demonstrations that the trials are added to.
    """
    settings = {
        **common,
        "task": task,
        "mode": mode,
        "trials": trials,
        "updates": updates,
        "first_seed": FIRST_TRIAL_SEED + TRIAL_SEEDS_APART * int(common["seed"]),
        "dataset": str(dataset),
    }
    return Unit(path, "trials", settings, (need,), config.to_dict())
