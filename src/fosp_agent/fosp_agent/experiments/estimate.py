"""How long an experiment will take, from what its steps took here."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.agents.registry import make_agent
from fosp_agent.config import from_dict
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.experiments.result import Result, read_result
from fosp_agent.experiments.unit import RESULT, Unit
from fosp_agent.training.batches import make_sampler
from fosp_agent.training.evaluate import run_test
from fosp_agent.training.pretrain import load_dataset
from fosp_agent.training.weights import save_weights

WARM_UP, MEASURED = 2, 5
"""Gradient steps."""


@dataclass(frozen=True)
class Rates:
    """Seconds of each thing that units are made of."""

    step: float
    episode: float
    source: str
    """Where they come from."""

    def seconds(self, unit: Unit) -> float:
        """What a unit will take [s]."""
        settings = unit.settings
        if unit.kind == "pretrain":
            return self.step * int(settings.get("steps", 0))
        if unit.kind == "test":
            return self.episode * int(settings["tests"])
        return int(settings["trials"]) * (self.episode + self.step * int(settings["updates"]))


@dataclass(frozen=True)
class Estimate:
    """What is left of a plan."""

    units: Mapping[str, int]
    """Kind to number."""
    done: int
    seconds: Mapping[str, float]
    """Kind to processor time of one process [s], of what is left."""

    def hours(self, jobs: int) -> float:
        """Wall-clock with so many processes that do not slow each other down [h]."""
        return sum(self.seconds.values()) / jobs / 3600


def estimate(root: Path, units: Sequence[Unit], rates: Rates) -> Estimate:
    """Count the units, and add up what is left of them."""
    count: dict[str, int] = defaultdict(int)
    seconds: dict[str, float] = defaultdict(float)
    done = 0
    for unit in units:
        count[unit.kind] += 1
        done += unit.done(root)
        seconds[unit.kind] += 0.0 if unit.done(root) else rates.seconds(unit)
    return Estimate(dict(count), done, dict(seconds))


def rates_for(root: Path, units: Sequence[Unit]) -> Rates:
    """From the results that the folder has, where it has any; otherwise measured now.

    Raises:
        PretrainError, EpisodeError: the dataset cannot be read.
    """
    found = [read_result(u.folder(root) / RESULT) for u in units if u.done(root)]
    steps = [r.spent["seconds_per_step"] for r in found if "seconds_per_step" in r.spent]
    episodes = list(_seconds_per_test(found))
    if steps and episodes:
        return Rates(median(steps), median(episodes), f"the median of {len(found)} results")
    return measure_rates(next(u for u in units if u.kind == "pretrain"), _environment_of(units))


def measure_rates(unit: Unit, environment: tuple[str, str]) -> Rates:
    """Time some gradient steps of a pretraining, and an episode of its untrained policy."""
    config = from_dict(dict(unit.config))
    sampler = make_sampler(config, 0)
    for episode in load_dataset(Path(unit.settings["dataset"]), config)[:32]:
        sampler.add(episode)
    agent = make_agent(config)
    for _ in range(WARM_UP):
        agent.train_step(sampler.sample())
    started = time.monotonic()
    for _ in range(MEASURED):
        agent.train_step(sampler.sample())
    step = (time.monotonic() - started) / MEASURED
    seconds = _time_episode(agent.networks, environment)
    return Rates(step, seconds, f"{MEASURED} steps of {unit.path} and one episode, timed now")


def _time_episode(networks: AgentNetworks, environment: tuple[str, str]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save_weights(path, networks, version=0)
        runner = PolicyRunner.from_file(path)
    world = make_environment(*environment)
    try:
        run_test(world, runner, 0)
        started = time.monotonic()
        run_test(world, runner, 1)
        return time.monotonic() - started
    finally:
        world.close()


def _environment_of(units: Sequence[Unit]) -> tuple[str, str]:
    test = next(u for u in units if u.kind == "test")
    return str(test.settings["environment"]), str(test.settings["task"])


def _seconds_per_test(found: Iterable[Result]) -> Iterable[float]:
    return (float(r.spent["seconds"]) / int(r.settings["tests"]) for r in found if r.kind == "test")
