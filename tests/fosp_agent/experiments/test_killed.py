"""The whole experiment, killed in the middle and taken up again, ends as if nothing had been."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakes.patience import wait_for
from fosp_agent.environments import make_environment
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.experiments.crew import Worker
from fosp_agent.experiments.protocol import SafeReachPlan, safereach_units
from fosp_agent.experiments.unit import Unit
from fosp_agent.types import Episode

DEADLINE = 200.0
"""Seconds for one process, on a machine that has other things to do."""
SMALL = {"training.batch_size": 2, "training.batch_length": 5, "training.horizon": 2}
PLAN = {
    "variants": ("fosp",),
    "seeds": (0,),
    "tasks": ("target_shape",),
    "preset": "tiny",
    "steps": 6,
    "trials": 2,
    "updates": 3,
    "tests": 1,
    "modes": ("sample",),
}


class Killed(BaseException):
    """Stands for the end of the process."""


class Quiet:
    """Says nothing; ends the process at a step of a pretraining, if told to."""

    def __init__(self, kill_at: int = -1) -> None:
        self._kill_at = kill_at

    def advanced(self, unit: Unit, done: int, _total: int, _what: str) -> None:
        if unit.kind == "pretrain" and done == self._kill_at:
            raise Killed

    def began(self, unit: Unit) -> None: ...
    def ended(self, unit: Unit, _seconds: float) -> None: ...
    def failed(self, unit: Unit, why: str) -> None:
        raise AssertionError(f"{unit.path}: {why}")

    def waiting(self, units: Sequence[Unit]) -> None: ...


def run(out: Path, dataset: Path, kill_at: int = -1) -> None:
    """Work in this process until everything is done."""
    plan = SafeReachPlan(**PLAN, dataset=dataset, overrides=SMALL)
    Worker(out, safereach_units(plan), Quiet(kill_at), "test").work()


def kill_when(condition: Callable[[], bool], out: Path, dataset: Path) -> None:
    """Start the command and kill -9 it as soon as the condition holds."""
    options = "--preset tiny --seeds 1 --variants fosp --tasks target_shape"
    options += " --trials 2 --updates 3 --tests 1 --steps 6 --modes sample --threads 1"
    options += f" --dataset {dataset} --out {out}"
    settings = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    command = [sys.executable, "-m", "fosp_agent.cli.main", "experiment", "safereach"]
    process = subprocess.Popen([*command, *options.split(), *settings])

    def due() -> bool:
        reached = condition()
        assert reached or process.poll() is None, "it ended before it could be killed"
        return reached

    try:
        wait_for(due, DEADLINE, "the moment to kill it comes", every=0.005)
    finally:
        process.kill()
        process.wait()


def found(out: Path) -> dict[str, Any]:
    """Unit to what it found, without where and how long."""
    return {
        str(path.parent.relative_to(out)): json.loads(path.read_text())["result"]
        for path in out.rglob("result.json")
    }


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """Demonstrations of the real size, of random actions."""
    store = EpisodeStore(tmp_path_factory.mktemp("demonstrations"))
    world = make_environment("safereach", "original")
    rng = np.random.default_rng(0)
    for number in range(3):
        observation, _ = world.reset(seed=number)
        rows = []
        for _ in range(12):
            action = rng.uniform(-1, 1, 6).astype(np.float32)
            rows.append((observation["image"], observation["pose"], action))
            observation, *_ = world.step(action)
        image, pose, actions = (np.stack(column) for column in zip(*rows, strict=True))
        actions[-1] = 0
        store.write(
            Episode(
                id=f"original-{number}",
                image=image,
                pose=pose.astype(np.float32),
                action=actions,
                reward=np.arange(12, dtype=np.float32) % 2,
                cost=(np.arange(12) > 8).astype(np.float32),
                is_terminal=np.zeros(12, np.bool_),
                task="original",
                metadata={"seed": str(number)},
            )
        )
    world.close()
    return store.path


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in the same order in every process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_twice_and_taken_up_again_it_finds_the_same(tmp_path: Path, recorded: Path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole, recorded)
    with pytest.raises(Killed):
        run(broken, recorded, kill_at=6)
    assert not found(broken)
    trials = broken / "fosp/seed0/target_shape/trials"
    kill_when((trials / "run/metrics.jsonl").exists, broken, recorded)
    assert not (trials / "result.json").exists()
    run(broken, recorded)
    assert found(broken) == found(whole)
    assert json.loads((trials / "result.json").read_text())["spent"]["sessions"] == 2

    before = {path: path.stat().st_mtime_ns for path in broken.rglob("result.json")}
    run(broken, recorded)
    assert {path: path.stat().st_mtime_ns for path in broken.rglob("result.json")} == before
