"""Datasets and weights small enough to train on in a test."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from fakes.lessons import UPDATES
from fosp_agent.agents.networks import FospNetworks
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.weights import save_weights


@pytest.fixture
def dataset(tmp_path: Path, make_episode) -> Path:
    """A folder of four labelled episodes of eight observations."""
    store = EpisodeStore(tmp_path / "dataset")
    for number in range(4):
        episode = make_episode(f"original-{number}-0001")
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
    return store.path


@pytest.fixture
def weights(tmp_path: Path, make_config) -> Path:
    """Untrained weights of the smallest config, before the expansion."""
    path = tmp_path / "base.safetensors"
    save_weights(path, FospNetworks(make_config()), version=0)
    return path


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def tuner(run_dir: Path, weights: Path, dataset: Path) -> Finetuner:
    return Finetuner.start(run_dir, weights, dataset, UPDATES, seed=5)


@pytest.fixture
def record(run_dir: Path, make_episode):
    """Writes an episode into the run's store, as the recorder would, and loads it."""

    def write(number: int, **changes: Any):
        store = EpisodeStore(run_dir / "episodes")
        episode = make_episode(f"three_obstacles-{number}-0001", **changes)
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
        return store.load(episode.id)

    return write
