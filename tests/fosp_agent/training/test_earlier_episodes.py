"""What an interrupted session left behind is counted, once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.earlier_episodes import (
    earlier_result,
    learned_episodes,
    unlisted_episodes,
)
from fosp_agent.types import Episode


def episode(episode_id: str, *, labelled: bool = True, learn: str = "1") -> Episode:
    length = 4
    return Episode(
        id=episode_id,
        image=np.zeros((length, 64, 64, 3), np.uint8),
        pose=np.zeros((length, 6), np.float32),
        action=np.zeros((length, 6), np.float32),
        reward=np.array([0, 0, 1, 1], np.float32),
        cost=np.array([0, 1, 0, 0], np.float32),
        is_terminal=np.zeros(length, np.bool_),
        labelled=labelled,
        task="original",
        metadata={"learn": learn},
    )


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    store = EpisodeStore(tmp_path / "episodes")
    for one in (
        episode("a"),
        episode("b"),
        episode("unlabelled", labelled=False),
        episode("test", learn="0"),
    ):
        store.write(one)
    lines = [
        {"episode_id": "a", "updates": 10, "weights_version": 1, "seconds": 2.0},
        {"episode_id": "b", "updates": 25, "weights_version": 2, "seconds": 3.0},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (tmp_path / "metrics.jsonl").write_text(text + '\n{"episode_id": "cut')
    return tmp_path


def test_only_labelled_learnable_unlisted_episodes_are_found(run_dir: Path) -> None:
    assert unlisted_episodes(run_dir, {"a"}) == ["b"]


def test_a_metrics_line_cut_short_by_a_crash_is_left_out(run_dir: Path) -> None:
    assert learned_episodes(run_dir) == {"a", "b"}


def test_the_result_is_rebuilt_from_labels_and_metrics(run_dir: Path) -> None:
    result = earlier_result(run_dir, "b")
    assert (result.episode_return, result.episode_cost) == (2.0, 1.0)
    assert (result.updates, result.version, result.seconds) == (15, 2, 3.0)
    assert result.note == "of an earlier session"


def test_a_lesson_after_a_roll_back_has_its_own_number_of_updates(run_dir: Path) -> None:
    metrics = run_dir / "metrics.jsonl"
    entry = {"episode_id": "b", "updates": 20, "weights_version": 4, "seconds": 3.0}
    for number, expected in ((None, 0), (10, 10)):
        known = entry if number is None else entry | {"lesson_updates": number}
        metrics.write_text(metrics.read_text() + "\n" + json.dumps(known))
        assert earlier_result(run_dir, "b").updates == expected


def test_a_damaged_episode_is_left_to_the_trainer(run_dir: Path) -> None:
    path = run_dir / "episodes" / "b.mcap"
    path.write_bytes(path.read_bytes()[:100])
    assert unlisted_episodes(run_dir, set()) == ["a"]
