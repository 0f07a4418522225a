"""Fine-tuning: one lesson an episode, all of it or none."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.lessons import UPDATES, everything, full_disk, ignore
from fosp_agent.agents.networks import FospNetworks, fingerprint
from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training import finetune as finetune_module
from fosp_agent.training.finetune import Finetuner, LearnError
from fosp_agent.training.weights import load_weights, save_weights


def test_a_lesson_takes_its_steps_and_publishes_the_next_version(tuner: Finetuner, record):
    first = tuner.announce()
    told: list[tuple[int, int]] = []
    info = tuner.learn(record(1), lambda *told_now: told.append(told_now[:2]))
    assert told == [(1, UPDATES), (2, UPDATES)]
    assert (first.version, info.version, info.updates) == (0, 1, UPDATES)
    assert info.sha256 != first.sha256
    assert info.episode_id == "three_obstacles-1-0001"
    assert tuner.learned == {"three_obstacles-1-0001": 1}
    assert tuner.announce() == info == load_weights(info.path).info
    assert first.path.exists()


def test_the_policy_is_expanded_and_the_offline_one_stays(tuner: Finetuner, weights: Path, record):
    offline = fingerprint(load_weights(weights).networks.offline)
    networks = load_weights(tuner.learn(record(1), ignore).path).networks
    assert fingerprint(networks.offline) == offline
    assert networks.new is not None
    assert fingerprint(networks.new) != offline


def test_without_expansion_the_offline_policy_itself_learns(
    run_dir: Path, tmp_path: Path, make_config, dataset: Path, record
):
    path = tmp_path / "plain.safetensors"
    save_weights(path, FospNetworks(make_config({"expansion.enabled": False})), version=0)
    tuner = Finetuner.start(run_dir, path, dataset, UPDATES, seed=5)
    networks = load_weights(tuner.learn(record(1), ignore).path).networks
    assert networks.new is None
    assert fingerprint(networks.offline) != fingerprint(load_weights(path).networks.offline)


def test_an_exception_in_mid_lesson_puts_everything_back(tuner: Finetuner, record):
    tuner.learn(record(1), ignore)
    before = everything(tuner)

    class Stop(Exception):
        pass

    def stop(done: int, _total: int, _metrics: dict[str, float]) -> None:
        if done == 1:
            raise Stop

    episode = record(2)
    with pytest.raises(Stop):
        tuner.learn(episode, stop)
    assert everything(tuner) == before
    assert tuner.learn(episode, ignore).version == 2


def test_a_stopped_lesson_begins_again_on_the_same_curve(
    tmp_path: Path, weights, dataset, make_episode
):
    shas = []
    for name, interrupted in (("smooth", False), ("stopped", True)):
        tuner = Finetuner.start(tmp_path / name, weights, dataset, UPDATES, seed=5)
        if interrupted:
            with pytest.raises(ZeroDivisionError):
                tuner.learn(make_episode("stop-1-0001"), lambda *told: 1 / (told[0] - 1))
        shas.append(tuner.learn(make_episode("go-1-0001"), ignore).sha256)
    assert shas[0] == shas[1]


def bad_episodes(make_episode) -> dict[str, Any]:
    reward = np.zeros(8, np.float32)
    reward[4] = np.nan
    return {
        "short": make_episode("short-1-0001", length=3),
        "unlabelled": make_episode("unlabelled-1-0001", labelled=False),
        "nan": make_episode("nan-1-0001", reward=np.full(8, np.nan, np.float32)),
        "camera": make_episode("camera-1-0001", image=np.zeros((8, 64, 64, 6), np.uint8)),
        "action": make_episode("action-1-0001", action=np.zeros((8, 2), np.float32)),
    }


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("short", "3 observations, fewer than the sequence length 5"),
        ("unlabelled", "unlabelled"),
        ("nan", "a reward at step 0 that is not finite"),
        ("camera", "the preset wants"),
        ("action", "the preset wants"),
    ],
)
@pytest.mark.parametrize("with_dataset", [True, False])
def test_a_bad_episode_is_refused_and_does_not_block_the_next(
    run_dir: Path, weights, dataset, make_episode, kind: str, why: str, with_dataset: bool
):
    tuner = Finetuner.start(run_dir, weights, dataset if with_dataset else None, 4, seed=5)
    before = everything(tuner)
    with pytest.raises(LearnError, match=rf"episode {kind}-1-0001 was not learned from: .*{why}"):
        tuner.learn(bad_episodes(make_episode)[kind], ignore)
    assert everything(tuner) == before
    assert tuner.learn(make_episode("good-1-0001"), ignore).version == 1


def test_a_full_disk_fails_the_lesson_and_nothing_else(
    tuner: Finetuner, record, monkeypatch: pytest.MonkeyPatch
):
    before, episode = everything(tuner), record(1)
    with monkeypatch.context() as patch:
        patch.setattr(finetune_module, "save_checkpoint", full_disk)
        with pytest.raises(LearnError, match="No space left"):
            tuner.learn(episode, ignore)
    assert everything(tuner) == before
    assert tuner.learn(episode, ignore).version == 1


def test_an_episode_forgotten_on_a_full_disk_stays_forgotten(
    tuner: Finetuner, run_dir: Path, record, monkeypatch: pytest.MonkeyPatch
):
    episode = record(1)
    tuner.learn(episode, ignore)
    zeros = np.zeros(8, np.float32)
    thrown = LabelRecord(episode.id, zeros, zeros, "a person", discard=True)
    EpisodeStore(run_dir / "episodes").labels.add(thrown, relabel=True)
    with monkeypatch.context() as patch:
        patch.setattr(finetune_module, "save_checkpoint", full_disk)
        with pytest.raises(LearnError, match="not drawn from any more.*No space left"):
            tuner.forget(episode.id)
        before = everything(tuner)
        with pytest.raises(LearnError, match="No space left"):
            tuner.learn(record(2), ignore)
    assert not tuner.holds(episode.id)
    assert everything(tuner) == before == everything(Finetuner.resume(run_dir))


def test_a_relabelled_episode_is_learned_from_again_in_its_place(
    tuner: Finetuner, run_dir: Path, record
):
    episode = record(1)
    tuner.learn(episode, ignore)
    store = EpisodeStore(run_dir / "episodes")
    labels = LabelRecord(episode.id, np.zeros(8, np.float32), np.ones(8, np.float32), "a person")
    store.labels.add(labels, relabel=True)
    tuner.learn(store.load(episode.id), ignore)
    assert tuner.learned == {episode.id: 2}
    assert tuner._sampler.ids.count(episode.id) == 1
    assert tuner._sampler.episodes[-1].cost.all()
    assert everything(Finetuner.resume(run_dir)) == everything(tuner)


def test_a_failed_relearning_keeps_the_older_label(tuner: Finetuner, record):
    episode = record(1)
    tuner.learn(episode, ignore)
    relabelled = dataclasses.replace(episode, cost=np.ones(8, np.float32))
    with pytest.raises(ZeroDivisionError):
        tuner.learn(relabelled, lambda *told: 1 / (told[0] - 1))
    assert tuner._sampler.episodes[-1] is episode


def test_discarded_demonstrations_are_left_out(run_dir: Path, weights: Path, dataset: Path):
    store, zeros = EpisodeStore(dataset), np.zeros(8, np.float32)
    thrown = store.ids()[0]
    store.labels.add(LabelRecord(thrown, zeros, zeros, "a person", discard=True), relabel=True)
    tuner = Finetuner.start(run_dir, weights, dataset, UPDATES, seed=5)
    assert thrown not in tuner._sampler.ids
    assert len(tuner._sampler.ids) == 3


def test_a_forgotten_episode_is_not_drawn_from_any_more(tuner: Finetuner, run_dir: Path, record):
    episode = record(1)
    tuner.learn(episode, ignore)
    assert tuner.holds(episode.id)
    drawn = tuner._sampler.state_dict()["rng"]
    tuner.forget(episode.id)
    assert not tuner.holds(episode.id)
    assert tuner._sampler.state_dict()["rng"] == drawn
    store = EpisodeStore(run_dir / "episodes")
    zeros = np.zeros(len(episode), np.float32)
    store.labels.add(LabelRecord(episode.id, zeros, zeros, discard=True), relabel=True)
    assert everything(Finetuner.resume(run_dir)) == everything(tuner)


def test_a_line_of_the_labels_that_is_none_is_named(run_dir: Path, weights: Path, dataset: Path):
    with EpisodeStore(dataset).labels.path.open("ab") as journal:
        journal.write(b'{"episode_id": "original-1-0001", "revision": 2}\n')
    tuner = Finetuner.start(run_dir, weights, dataset, UPDATES, seed=5)
    assert [text for text in tuner.warnings if "line 5 is no label ('reward')" in text]


def test_a_dataset_without_costs_is_learned_from_with_a_warning(
    tmp_path: Path, run_dir: Path, weights: Path, make_episode
):
    store = EpisodeStore(tmp_path / "safe")
    store.write(make_episode(cost=np.zeros(8, np.float32)))
    tuner = Finetuner.start(run_dir, weights, store.path, UPDATES, seed=5)
    (warning,) = tuner.warnings
    assert "has a cost label above 0" in warning
    assert Finetuner.resume(run_dir).warnings == tuner.warnings
