"""The scatter of a dataset: from the journal and the files' entries, by who drove."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np

from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.spread import draw, groups, points, table
from fosp_agent.episodes.store import EpisodeStore


def dataset(folder: Path, make_episode) -> EpisodeStore:
    """Two safe trajectories of return 8 and cost 0, an unsafe one, an unlabelled and a dropped."""
    store = EpisodeStore(folder)
    for number, (kind, cost) in enumerate((("safe", 0.0), ("safe", 0.0), ("unsafe", 2.0))):
        episode = make_episode(f"goal-{kind}-{number}")
        length = len(episode)
        changes = {
            "reward": np.ones(length, np.float32),
            "cost": np.full(length, cost, np.float32),
            "metadata": {"behaviour": kind, "source": "x"},
        }
        store.write(dataclasses.replace(episode, **changes))
    store.write(dataclasses.replace(make_episode("goal-unlabelled-1"), labelled=False))
    dropped = dataclasses.replace(make_episode("goal-dropped-1"), labelled=False)
    store.write(dropped)
    zeros = np.zeros(len(dropped), np.float32)
    store.labels.add(LabelRecord(dropped.id, zeros, zeros, discard=True))
    return store


def test_labelled_trajectories_are_grouped_by_who_drove_them(tmp_path: Path, make_episode):
    found = points(dataset(tmp_path, make_episode))
    assert {name: len(members) for name, members in groups(found).items()} == {
        "safe": 2,
        "unsafe": 1,
    }
    assert table(found) == [
        ("safe", "2", "8.0 ± 0.0", "0.0 ± 0.0"),
        ("unsafe", "1", "8.0 ± 0.0", "16.0 ± 0.0"),
    ]


def test_the_picture_has_a_panel_a_dataset_in_the_papers_colours(tmp_path: Path, make_episode):
    found = points(dataset(tmp_path / "set", make_episode))
    for count in (1, 2):
        draw({str(number): found for number in range(count)}, tmp_path / "picture.png")
        picture = cv2.imread(str(tmp_path / "picture.png"))
        assert picture.shape[1] == count * 442
        blue = np.all(np.abs(picture.astype(int) - (183, 111, 47)) < 60, -1)
        assert blue.sum() > 5
