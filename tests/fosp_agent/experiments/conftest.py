"""A dataset small enough to train on in a test."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fosp_agent.episodes.store import EpisodeStore


@pytest.fixture
def dataset(tmp_path: Path, make_episode) -> Path:
    """A folder of six labelled episodes of ten observations."""
    store = EpisodeStore(tmp_path / "dataset")
    for number in range(6):
        episode = make_episode(f"original-{number}-0001", length=10)
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
    return store.path
