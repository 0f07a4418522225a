"""Datasets and weights small enough to train on in a test."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.episodes.store import EpisodeStore
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
