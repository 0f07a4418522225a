"""Small agents, batches and episodes for the tests of the learning core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from fosp_agent.config import AgentConfig, load_preset
from fosp_agent.types import Batch, Episode

ConfigFactory = Callable[..., AgentConfig]
BatchFactory = Callable[..., Batch]
EpisodeFactory = Callable[..., Episode]

SMALLEST: dict[str, Any] = {
    "world_model.cnn_depth": 2,
    "world_model.deter": 16,
    "world_model.units": 16,
    "training.batch_size": 3,
    "training.batch_length": 5,
    "training.horizon": 3,
}


@pytest.fixture(autouse=True)
def one_seed() -> Iterator[None]:
    """Every test begins with the same random state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.fixture
def make_config() -> ConfigFactory:
    """Makes the smallest config, with overrides such as ``{"actor.beta_cost": 5.0}``."""

    def make(overrides: dict[str, Any] | None = None) -> AgentConfig:
        return load_preset("tiny", SMALLEST | (overrides or {}))

    return make


@pytest.fixture
def make_batch() -> BatchFactory:
    """Makes a batch of random numbers: (B, T) = (3, 5)."""

    def make(batch: int = 3, length: int = 5, seed: int = 0, **changes: Any) -> Batch:
        rng = np.random.default_rng(seed)
        first = np.zeros((batch, length), np.bool_)
        first[:, 0] = True
        values: dict[str, Any] = {
            "image": rng.integers(0, 256, (batch, length, 64, 64, 3), dtype=np.uint8),
            "pose": rng.normal(size=(batch, length, 6)).astype(np.float32),
            "action": rng.uniform(-1, 1, (batch, length, 6)).astype(np.float32),
            "reward": rng.integers(0, 2, (batch, length)).astype(np.float32),
            "cost": rng.integers(0, 2, (batch, length)).astype(np.float32),
            "is_first": first,
            "is_terminal": np.zeros((batch, length), np.bool_),
        }
        return Batch(**(values | changes))

    return make


@pytest.fixture
def make_episode() -> EpisodeFactory:
    """Makes a labelled episode of random numbers."""

    def make(name: str = "original-7-0001", length: int = 8, **changes: Any) -> Episode:
        rng = np.random.default_rng(sum(name.encode()) + length)
        action = rng.uniform(-1, 1, (length, 6)).astype(np.float32)
        action[-1] = 0.0
        values: dict[str, Any] = {
            "id": name,
            "image": rng.integers(0, 256, (length, 64, 64, 3), dtype=np.uint8),
            "pose": rng.normal(size=(length, 6)).astype(np.float32),
            "action": action,
            "reward": rng.integers(0, 2, length).astype(np.float32),
            "cost": rng.integers(0, 2, length).astype(np.float32),
            "is_terminal": np.zeros(length, np.bool_),
            "task": "original",
            "metadata": {"seed": "7", "label_revision": "1"},
        }
        return Episode(**(values | changes))

    return make
