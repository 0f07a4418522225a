"""The open readings as units: pretrained with and tested, or fine-tuned with from one start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fosp_agent.control.policy_runner import as_mode
from fosp_agent.environments import make_environment
from fosp_agent.experiments.acting_units import AFTER, BEFORE, Acting
from fosp_agent.experiments.pretrainings import pretraining_config
from fosp_agent.experiments.protocol import ORIGINAL, PlanError, require_own_scenes
from fosp_agent.experiments.readings import (
    DEFAULT,
    OFFLINE,
    ONLINE,
    READINGS,
    STAGES,
    VARIANT,
    Stage,
    differs,
    reading,
    reading_config,
)
from fosp_agent.experiments.unit import Unit

SEED = "{seed}"
"""In the path of pretrained weights: the number of the seed."""


@dataclass(frozen=True)
class ReadingsPlan:
    """The options of the experiment."""

    readings: tuple[str, ...] = ()
    """Empty: all that change anything under the preset."""
    stages: tuple[Stage, ...] = STAGES
    seeds: tuple[int, ...] = (0,)
    preset: str = "small"
    dataset: Path = Path("data/original")
    steps: int = 600
    """Gradient steps of a pretraining."""
    tests: int = 100
    """After pretraining, on the original task."""
    tasks: tuple[str, ...] = ("target_shape", "three_obstacles")
    """To fine-tune on."""
    trials: int = 40
    updates: int = 10
    """Gradient steps after each trial."""
    online_tests: int = 40
    """Before and after fine-tuning, on each of its tasks."""
    modes: tuple[str, ...] = ("sample",)
    """Of the tests."""
    trial_mode: str = "sample"
    weights: str = "last"
    environment: str = "safereach"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Settings under every reading."""
    pretrained: str = ""
    """Weights that fine-tuning begins with, ``{seed}`` for the seed; empty: those of ``default``
    pretrained here."""

    def chosen(self, stage: Stage) -> list[str]:
        """Readings of a stage, after those that they are compared with; the registry's order."""
        wanted = [
            name
            for name in self.readings or READINGS
            if stage in reading(name).stages
            and name != DEFAULT
            and differs(name, stage, self.preset, self.overrides)
        ]
        beside = {reading(name).against for name in wanted}
        if DEFAULT in self.readings:
            beside.add(DEFAULT)
        beside |= {reading(name).against for name in beside}
        return [name for name in READINGS if name in beside.union(wanted)]

    def weights_of(self, seed: int) -> Path:
        """The pretrained weights of a seed."""
        return Path(self.pretrained.replace(SEED, str(seed)))

    def check(self) -> None:
        """Refuse what cannot be run, before anything is.

        Raises:
            PlanError: naming the option.
            ConfigError: unknown reading, preset or setting.
            UnknownEnvironment: unknown environment or task.
        """
        if not self.stages or not self.seeds or not self.modes:
            raise PlanError("give at least one stage, one seed and one mode")
        require_own_scenes(self.seeds, self.trials, max(self.tests, self.online_tests))
        for mode in (*self.modes, self.trial_mode):
            as_mode(mode)
        for name in self.readings:
            self._check_reading(name)
        if not any(self.chosen(stage) for stage in self.stages):
            raise PlanError(f"no reading changes anything under the preset {self.preset!r}")
        if ONLINE in self.stages:
            self._check_online()

    def _check_reading(self, name: str) -> None:
        there = [stage for stage in reading(name).stages if stage in self.stages]
        if not there:
            raise PlanError(f"--readings {name}: it belongs to --stage {reading(name).stages[0]}")
        if name != DEFAULT and not any(
            differs(name, stage, self.preset, self.overrides) for stage in there
        ):
            raise PlanError(
                f"--readings {name}: the preset {self.preset!r} with the given --set reads it so "
                f"already ({_settings(reading(name).settings)})"
            )

    def _check_online(self) -> None:
        if not self.tasks:
            raise PlanError("give at least one of --tasks")
        for task in self.tasks:
            make_environment(self.environment, task).close()
        for seed in self.seeds if self.pretrained else ():
            if not self.weights_of(seed).is_file():
                raise PlanError(f"--pretrained: {self.weights_of(seed)} is no file")


def readings_units(plan: ReadingsPlan) -> list[Unit]:
    """All units, each after those it needs; a stage at a time, and in it a seed at a time."""
    units: dict[str, Unit] = {}
    for stage in plan.stages:
        for seed in plan.seeds:
            for unit in _STAGE_UNITS[stage](plan, seed):
                units.setdefault(unit.path, unit)
    return list(units.values())


def _offline(plan: ReadingsPlan, seed: int) -> list[Unit]:
    units = []
    for name in plan.chosen(OFFLINE):
        first = _pretraining(plan, name, seed)
        agent = _acting(plan, name, OFFLINE, seed)
        units.append(first)
        units += agent.tests(
            "test", first.path, plan.modes, task=ORIGINAL, when=BEFORE, tests=plan.tests
        )
    return units


def _online(plan: ReadingsPlan, seed: int) -> list[Unit]:
    names = plan.chosen(ONLINE)
    if not names:
        return []
    start = _adoption(plan, seed) if plan.pretrained else _pretraining(plan, DEFAULT, seed)
    units = [start]
    for name in names:
        for task in plan.tasks:
            units += _finetuning(plan, name, seed, task, start.path)
    return units


_STAGE_UNITS = {OFFLINE: _offline, ONLINE: _online}


def _finetuning(plan: ReadingsPlan, name: str, seed: int, task: str, start: str) -> list[Unit]:
    """Trials and the tests after them; ``default`` is tested before them, for all readings."""
    agent, acts = _acting(plan, name, ONLINE, seed), plan.trial_mode

    def tests(when: str, need: str) -> list[Unit]:
        name = f"{task}/{when}"
        return agent.tests(name, need, plan.modes, task=task, when=when, tests=plan.online_tests)

    trials = agent.trials(
        task,
        start,
        mode=acts,
        trials=plan.trials,
        updates=plan.updates,
        dataset=plan.dataset,
    )
    units = [trials, *tests(AFTER, trials.path)]
    if name == DEFAULT:
        in_trials = agent.start(task, start, mode=acts, trials=plan.trials)
        units = [*tests(BEFORE, start), in_trials, *units]
    return units


def _acting(plan: ReadingsPlan, name: str, stage: Stage, seed: int) -> Acting:
    common = _common(plan, name, stage, seed) | {"environment": plan.environment}
    config = reading_config(name, plan.preset, plan.overrides)
    return Acting(f"{stage}/{name}/seed{seed}", common, config)


def _pretraining(plan: ReadingsPlan, name: str, seed: int) -> Unit:
    config = pretraining_config(reading_config(name, plan.preset, plan.overrides))
    settings = _common(plan, name, OFFLINE, seed) | {
        "dataset": str(plan.dataset),
        "steps": plan.steps,
        "weights": plan.weights,
    }
    path = f"{OFFLINE}/{name}/seed{seed}/pretrain"
    return Unit(path, "pretrain", settings, config=config.to_dict())


def _adoption(plan: ReadingsPlan, seed: int) -> Unit:
    config = pretraining_config(reading_config(DEFAULT, plan.preset, plan.overrides))
    settings = _common(plan, DEFAULT, ONLINE, seed) | {
        "dataset": str(plan.dataset),
        "adopted": str(plan.weights_of(seed)),
    }
    return Unit(f"{ONLINE}/pretrain/seed{seed}", "pretrain", settings, config=config.to_dict())


def _common(plan: ReadingsPlan, name: str, stage: Stage, seed: int) -> dict[str, Any]:
    return {
        "variant": VARIANT,
        "reading": name,
        "stage": stage,
        "switch": dict(reading(name).settings),
        "seed": seed,
        "preset": plan.preset,
        "overrides": dict(plan.overrides),
    }


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())
