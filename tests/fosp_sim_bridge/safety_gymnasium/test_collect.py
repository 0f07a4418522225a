"""A dataset of trajectories: what is in it, and that it goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fosp_agent.episodes.store import EpisodeStore
from fosp_sim_bridge.dataset_folder import DatasetFolderError
from fosp_sim_bridge.safety_gymnasium.adapter import make
from fosp_sim_bridge.safety_gymnasium.collect import Request, Written, collect

REPEAT = 50
"""So many steps a decision make an episode of 20 decisions: quick."""


def test_a_dataset_comes_back_as_it_was_driven_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder, request = tmp_path / "set", Request("PointGoal1", 1, 1, 1, action_repeat=REPEAT)
    said: list[Written] = []

    def stop_at_the_first(_: int, written: Written | None) -> None:
        if written is not None:
            said.append(written)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(folder, request, 1, stop_at_the_first)
    (folder / "half.mcap.active").write_bytes(b"x")
    assert collect(folder, request, 1, lambda _, w: said.append(w) if w else None) == 2
    store = EpisodeStore(folder, create=False)
    episodes = [store.load(name) for name in store.ids()]
    assert {e.metadata["behaviour"] for e in episodes} == {"random", "safe", "unsafe"}
    env = make("PointGoal1", action_repeat=REPEAT)
    for episode, written in zip(episodes, said, strict=True):
        assert episode.image.shape == (21, 64, 64, 6)
        assert episode.pose.shape == (21, 0)
        assert episode.labelled
        assert not episode.is_terminal.any()  # time ran out; the task did not end
        assert not episode.action[-1].any()
        labels = np.stack([episode.reward, episode.cost], 1)[1:]
        assert written.episode_id == episode.id
        assert written.episode_return == pytest.approx(labels[:, 0].sum(), abs=1e-4)
    env.reset(seed=int(episode.metadata["seed"]))
    truth = [env.step(action)[1:3] for action in episode.action[:-1]]
    assert np.allclose(labels, truth)
    env.close()
    assert not store.unfinished()


def test_a_folder_of_another_request_is_refused(tmp_path: Path) -> None:
    collect(tmp_path / "set", Request("PointGoal1", 0, 0, 0), 1, lambda *_: None)
    with pytest.raises(DatasetFolderError, match="another data set"):
        collect(tmp_path / "set", Request("PointGoal1", 0, 0, 0, seed=1), 1, lambda *_: None)
    assert json.loads((tmp_path / "set" / "dataset.json").read_text())["seed"] == 0


def test_the_kinds_take_turns_and_no_two_trajectories_share_a_scene() -> None:
    jobs = Request("CarGoal2", 3, 2, 2).jobs()
    assert [job.kind for job in jobs[:4]] == ["random", "safe", "unsafe", "random"]
    assert len({job.scene for job in jobs}) == len(jobs) == 7
    other = Request("CarGoal2", 3, 2, 2, seed=1).jobs()
    assert not {job.scene for job in jobs} & {job.scene for job in other}
