"""The whole experiment, killed in the middle and taken up again, ends as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fosp_agent.environments import make_environment
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

DEADLINE = 120.0


def command(out: Path, dataset: Path, *more: str) -> list[str]:
    options = "--preset tiny --seeds 1 --variants fosp,no_expansion --tasks target_shape"
    options += " --trials 2 --updates 3 --tests 1 --steps 6 --modes sample --threads 1"
    small = "--set training.batch_size=2 --set training.batch_length=5 --set training.horizon=2"
    arguments = [*options.split(), *small.split(), "--dataset", str(dataset), "--out", str(out)]
    return [
        sys.executable,
        "-m",
        "fosp_agent.cli.main",
        "experiment",
        "safereach",
        *arguments,
        *more,
    ]


def run(out: Path, dataset: Path, *more: str) -> str:
    done = subprocess.run(
        command(out, dataset, *more), capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def kill_when(condition: Callable[[], bool], out: Path, dataset: Path) -> None:
    """Start the experiment and kill -9 it as soon as the condition holds."""
    process = subprocess.Popen(command(out, dataset), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE
    try:
        while not condition():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        os.kill(process.pid, signal.SIGKILL)
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


@pytest.mark.slow
def test_killed_twice_and_taken_up_again_it_finds_the_same(tmp_path: Path, recorded: Path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(whole, recorded)
    trials = broken / "fosp/seed0/target_shape/trials"
    kill_when((broken / "pretrain/fosp/seed0/unit.json").exists, broken, recorded)
    assert not found(broken)
    kill_when((trials / "run/metrics.jsonl").exists, broken, recorded)
    assert not (trials / "result.json").exists()
    run(broken, recorded)
    assert found(broken) == found(whole)
    kinds = [path.split("/")[0] for path in found(whole)]
    assert kinds.count("pretrain") == 1  # shared by both variants
    sessions = json.loads((trials / "result.json").read_text())["spent"]["sessions"]
    assert sessions == 2

    before = {path: path.stat().st_mtime_ns for path in broken.rglob("result.json")}
    run(broken, recorded, "--jobs", "2")
    assert {path: path.stat().st_mtime_ns for path in broken.rglob("result.json")} == before
