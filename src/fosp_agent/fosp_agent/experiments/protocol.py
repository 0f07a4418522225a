"""Table 3's protocol as units: pretrain; test, 40 trials and test anew on each unseen task.

Scenes are harder or easier by chance. Before and after are therefore tested in the same scenes, and
the policy as it is before the first trial acts in the trials' scenes too, so that the trials can be
held against it. Each seed has scenes of its own, so that more seeds are more scenes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fosp_agent.agents.variants import VARIANTS, variant_config
from fosp_agent.config import AgentConfig
from fosp_agent.control.policy_runner import as_mode
from fosp_agent.environments import make_environment
from fosp_agent.errors import UserError
from fosp_agent.experiments.acting_units import (
    AFTER,
    BEFORE,
    MOST_SEEDS,
    TEST_SEEDS_APART,
    TRIAL_SEEDS_APART,
    Acting,
)
from fosp_agent.experiments.pretrainings import pretraining_config, pretraining_of
from fosp_agent.experiments.unit import Unit

ORIGINAL = "original"
UNSEEN_TASKS = ("obstacle_shape", "target_shape", "three_obstacles")
FULL_SEEDS, FULL_TRIALS, FULL_TESTS = 5, 40, 20
"""What Table 3 asks for."""


class PlanError(UserError):
    """The options of an experiment do not fit together."""


def require_own_scenes(seeds: Sequence[int], trials: int, tests: int) -> None:
    """Refuse seeds and numbers with which two seeds, or trials and tests, would share scenes.

    Raises:
        PlanError: naming the option.
    """
    if trials > TRIAL_SEEDS_APART or tests > TEST_SEEDS_APART:
        most = f"--trials is at most {TRIAL_SEEDS_APART}, --tests at most {TEST_SEEDS_APART}"
        raise PlanError(f"{most}: seeds would share scenes")
    if not 0 <= min(seeds) <= max(seeds) < MOST_SEEDS:
        raise PlanError(f"seeds are 0 to {MOST_SEEDS - 1}: tests and trials would share scenes")


@dataclass(frozen=True)
class SafeReachPlan:
    """The options of the experiment; the defaults are the whole protocol."""

    variants: tuple[str, ...] = tuple(VARIANTS)
    seeds: tuple[int, ...] = tuple(range(FULL_SEEDS))
    tasks: tuple[str, ...] = UNSEEN_TASKS
    preset: str = "small"
    dataset: Path = Path("data/original")
    steps: int = 2000
    """Gradient steps of a pretraining."""
    trials: int = FULL_TRIALS
    updates: int = 10
    """Gradient steps after each trial."""
    tests: int = FULL_TESTS
    modes: tuple[str, ...] = ("sample", "greedy")
    """Of the tests."""
    trial_mode: str = "sample"
    weights: str = "last"
    """Of a pretraining: "last", or "best" on its held-out episodes."""
    environment: str = "safereach"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Settings over every variant."""
    pretrained: Mapping[str, Path] = field(default_factory=dict)
    """Variant to weights that take the place of its pretraining, for all seeds."""

    def check(self) -> None:
        """Refuse what cannot be run, before anything is.

        Raises:
            PlanError: naming the option.
            ConfigError: unknown variant, preset or setting.
            UnknownEnvironment: unknown environment or task.
        """
        if not self.variants or not self.seeds or not self.modes:
            raise PlanError("give at least one variant, one seed and one mode")
        for mode in (*self.modes, self.trial_mode):
            as_mode(mode)
        for name in self.variants:
            variant_config(name, self.preset, self.overrides)
        for task in self.tasks:
            make_environment(self.environment, task).close()
        for name, path in self.pretrained.items():
            source = pretraining_of(name, self.preset, self.overrides)
            if source != name:
                raise PlanError(f"--pretrained {name}: it begins with the pretraining of {source}")
            if not path.is_file():
                raise PlanError(f"--pretrained {name}: {path} is no file")
        require_own_scenes(self.seeds, self.trials, self.tests)


def safereach_units(plan: SafeReachPlan) -> list[Unit]:
    """All units, in an order in which each comes after those it needs; a seed at a time."""
    units: dict[str, Unit] = {}
    for seed in plan.seeds:
        for name in plan.variants:
            config = variant_config(name, plan.preset, plan.overrides)
            source = pretraining_of(name, plan.preset, plan.overrides)
            first = _pretraining(plan, source, seed, config)
            units.setdefault(first.path, first)
            for unit in _variant_units(plan, name, seed, config, first.path):
                units[unit.path] = unit
    return list(units.values())


def _pretraining(plan: SafeReachPlan, source: str, seed: int, config: AgentConfig) -> Unit:
    settings = {
        "variant": source,
        "preset": plan.preset,
        "overrides": dict(plan.overrides),
        "dataset": str(plan.dataset),
        "seed": seed,
    }
    if source in plan.pretrained:
        settings |= {"adopted": str(plan.pretrained[source])}
    else:
        settings |= {"steps": plan.steps, "weights": plan.weights}
    return Unit(
        path=f"pretrain/{source}/seed{seed}",
        kind="pretrain",
        settings=settings,
        config=pretraining_config(config).to_dict(),
    )


def _variant_units(
    plan: SafeReachPlan, name: str, seed: int, config: AgentConfig, pretraining: str
) -> list[Unit]:
    common = {
        "variant": name,
        "seed": seed,
        "preset": plan.preset,
        "environment": plan.environment,
        "overrides": dict(plan.overrides),
    }
    agent, acts = Acting(f"{name}/seed{seed}", common, config), plan.trial_mode

    def tests(task: str, when: str, need: str) -> list[Unit]:
        name = f"{task}/{when}"
        return agent.tests(name, need, plan.modes, task=task, when=when, tests=plan.tests)

    units = tests(ORIGINAL, BEFORE, pretraining)
    for task in plan.tasks:
        start = agent.start(task, pretraining, mode=acts, trials=plan.trials)
        trials = agent.trials(
            task,
            pretraining,
            mode=acts,
            trials=plan.trials,
            updates=plan.updates,
            dataset=plan.dataset,
        )
        if task != ORIGINAL:
            units += tests(task, BEFORE, pretraining)
        units += [start, trials, *tests(task, AFTER, trials.path)]
    return units
