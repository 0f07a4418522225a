"""Episodes whose every number says which episode and which step it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

EpisodeFactory = Callable[..., Episode]


@pytest.fixture
def random_episode() -> EpisodeFactory:
    """Makes an episode of random numbers."""

    def make(
        id: str = "original-7-0001", length: int = 21, channels: int = 3, pose_size: int = 6
    ) -> Episode:
        rng = np.random.default_rng(len(id) + length)
        action = rng.uniform(-1, 1, (length, 6)).astype(np.float32)
        action[-1] = 0.0
        return Episode(
            id=id,
            image=rng.integers(0, 256, (length, 64, 64, channels), dtype=np.uint8),
            pose=rng.normal(size=(length, pose_size)).astype(np.float32),
            action=action,
            reward=rng.integers(0, 2, length).astype(np.float32),
            cost=rng.integers(0, 2, length).astype(np.float32),
            is_terminal=np.zeros(length, np.bool_),
            task="original",
            metadata={"seed": "7", "action_scale": "[0.01, 0.01, 0.01, 0.05, 0.05, 0.05]"},
        )

    return make


@pytest.fixture
def sentinel_episode() -> EpisodeFactory:
    """Makes an episode in which each value encodes the episode's number and the step."""

    def make(
        number: int,
        length: int = 21,
        contacts: tuple[int, ...] = (),
        action_size: int = 2,
        side: int = 2,
    ) -> Episode:
        step = np.arange(length)
        image = np.zeros((length, side, side, 3), np.uint8)
        image[..., 0], image[..., 1] = number, step[:, None, None]
        code = (1000 * number + step).astype(np.float32)
        cost = np.zeros(length, np.float32)
        cost[list(contacts)] = 1.0
        return Episode(
            id=f"episode-{number}",
            image=image,
            pose=np.repeat(code[:, None], 3, axis=1),
            action=np.repeat(code[:, None], action_size, axis=1) + 0.25,
            reward=code + 0.5,
            cost=cost,
            is_terminal=step == length - 1,
        )

    return make


@pytest.fixture
def store(tmp_path: Path) -> EpisodeStore:
    """An empty store."""
    return EpisodeStore(tmp_path / "episodes")
