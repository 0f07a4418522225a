"""Two processes on one machine train as one does with all the rows; gloo, on CPUs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakes import joined_steps
from fakes.joined_steps import CONFIG, buffers, gradients, stepped, without_noise
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.checkpoint import CheckpointError
from fosp_agent.training.metrics import read_metrics
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainPlan
from fosp_agent.types import Episode

SOURCES = Path(joined_steps.__file__).parents[2] / "src" / "fosp_agent"


def record(folder: Path) -> Path:
    store = EpisodeStore(folder)
    rng = np.random.default_rng(5)
    for number in range(4):
        episode = Episode(
            id=f"original-{number}-0001",
            image=rng.integers(0, 256, (8, 64, 64, 3), dtype=np.uint8),
            pose=rng.normal(size=(8, 6)).astype(np.float32),
            action=rng.uniform(-1, 1, (8, 6)).astype(np.float32),
            reward=rng.integers(0, 2, 8).astype(np.float32),
            cost=rng.integers(0, 2, 8).astype(np.float32),
            is_terminal=np.zeros(8, np.bool_),
        )
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
    return store.path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two processes left, started once for all tests of this module."""
    out = tmp_path_factory.mktemp("processes")
    done = launch(out)
    assert done.returncode == 0, done.stderr[-3000:]
    return out


def launch(out: Path) -> subprocess.CompletedProcess[str]:
    dataset = record(out / "dataset")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", joined_steps.__file__, str(out), str(dataset)]
    paths = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths, "PYTHONFAULTHANDLER": "1"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture
def ranks(folder: Path) -> list[dict[str, Any]]:
    return [json.loads((folder / f"rank-{n}.json").read_text()) for n in (0, 1)]


def test_gradients_ranges_and_multipliers_are_those_of_one_process_with_all_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    without_noise(monkeypatch)
    alone = stepped()
    joined, joined_buffers = torch.load(folder / "gradients.pt", weights_only=True)
    expected = gradients(alone)
    assert joined.keys() == expected.keys()
    assert len(expected) > 50
    for name, value in expected.items():
        scale = float(value.abs().max())
        torch.testing.assert_close(joined[name], value, atol=1e-4 * scale + 1e-9, rtol=1e-3)
    expected_buffers = buffers(alone)
    assert "lagrangian.multiplier" in expected_buffers
    for name, value in expected_buffers.items():
        torch.testing.assert_close(joined_buffers[name], value, atol=1e-5, rtol=1e-4)


def test_all_processes_hold_the_same_weights_and_draw_different_rows(ranks: list[dict[str, Any]]):
    one, other = (r["pretrained"] for r in ranks)
    assert ranks[0]["stepped"] == ranks[1]["stepped"]
    for moment in ("first", "last", "resumed", "sha256", "best_step"):
        assert one[moment] == other[moment]
    assert one["first"] != one["last"]
    assert one["drawn"] != other["drawn"]
    assert one["rows"] == CONFIG.training.batch_size // 2


def test_no_thread_of_the_group_outlives_it(ranks: list[dict[str, Any]]):
    for found in ranks:
        assert "python" in " ".join(found["threads"])
        assert not [name for name in found["threads"] if "gloo" in name]


def test_a_resumed_run_of_two_processes_continues_the_same_curve(ranks: list[dict[str, Any]]):
    assert ranks[0]["pretrained"]["resumed"] == ranks[0]["pretrained"]["last"]


def test_the_main_process_alone_writes(folder: Path):
    lines = read_metrics(folder / "whole" / "metrics.jsonl")
    assert [line["step"] for line in lines if "loss/image" in line] == [1, 2]
    assert len(list((folder / "whole" / "tensorboard").iterdir())) == 1


def test_a_nan_on_one_process_stops_both_and_says_where_it_was(ranks: list[dict[str, Any]]):
    one, other = (r["poisoned"] for r in ranks)
    assert other["terms"] == ["reward"]
    assert one["terms"] == []
    assert "on another process" in one["text"]
    assert Path(other["dump"]).name == "step-000000-process-1"
    with np.load(Path(other["dump"]) / "batch.npz") as batch:
        assert np.isnan(batch["reward"]).any()


def test_a_checkpoint_of_two_processes_is_not_continued_by_one(folder: Path):
    plan = PretrainPlan(folder / "dataset", folder / "whole", 3, 0, held_out=0.25)
    with pytest.raises(CheckpointError, match="torchrun --nproc-per-node 2"):
        Pretrainer.open(plan, CONFIG, resume=True)
