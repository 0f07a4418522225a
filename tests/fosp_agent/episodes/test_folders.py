"""Which folder is meant: a folder of episodes, or that of a run, which keeps them below."""

from __future__ import annotations

from pathlib import Path

import pytest

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.store import EpisodeStore


def test_a_run_is_the_dataset_that_its_folder_of_episodes_is(tmp_path: Path, random_episode):
    run = tmp_path / "run"
    EpisodeStore(run / "episodes").write(random_episode("original-7-0001"))
    for folder in (run, run / "episodes"):
        store = EpisodeStore.of(folder)
        assert store.path == run / "episodes"
        assert store.ids() == ["original-7-0001"]


def test_a_folder_that_is_missing_is_named_and_not_made(tmp_path: Path):
    missing = tmp_path / "mistyped"
    with pytest.raises(EpisodeError, match="mistyped: no such folder"):
        EpisodeStore.of(missing)
    assert not missing.exists()
