"""Fine-tuning: one lesson an episode, all of it or none."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fosp_agent.agents.networks import FospNetworks, fingerprint
from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.settings import ConfigError
from fosp_agent.training import finetune as finetune_module
from fosp_agent.training.checkpoint import CheckpointError
from fosp_agent.training.finetune import Finetuner, LearnError
from fosp_agent.training.pretrain import Pretrainer, PretrainPlan
from fosp_agent.training.run_folder import PRETRAINING, TakenFolder
from fosp_agent.training.sameness import OtherConfig
from fosp_agent.training.weights import WeightsError, WeightsInfo, load_weights, save_weights

UPDATES = 2


def ignore(_done: int, _total: int, _metrics: dict[str, float]) -> None:
    """No one watches."""


def full_disk(*_arguments: Any) -> None:
    """In place of what writes."""
    raise OSError(28, "No space left on device")


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


def everything(tuner: Finetuner) -> tuple[Any, ...]:
    """What a lesson may change, in memory."""
    return (
        fingerprint(tuner._agent.networks),
        tuner._agent.updates,
        dict(tuner.learned),
        tuner._sampler.ids,
        tuner._sampler.state_dict()["rng"],
        tuner.announce(),
    )


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


def test_a_resumed_run_continues_the_same_curve(tmp_path: Path, weights, dataset, make_episode):
    results: list[WeightsInfo] = []
    metrics: list[dict[str, float]] = []
    for name, stops in (("straight", False), ("resumed", True)):
        folder = tmp_path / name
        store = EpisodeStore(folder / "episodes")
        tuner = Finetuner.start(folder, weights, dataset, UPDATES, seed=5)
        for number in (1, 2):
            episode = make_episode(f"three_obstacles-{number}-0001")
            store.write(dataclasses.replace(episode, metadata={"seed": "1"}))
            if stops:
                tuner = Finetuner.resume(folder)
            tuner.learn(store.load(episode.id), lambda *told: metrics.append(told[2]))
        results.append(tuner.announce())
    assert len(metrics) == 4 * UPDATES
    assert metrics[: 2 * UPDATES] == metrics[2 * UPDATES :]
    assert results[0].sha256 == results[1].sha256
    assert [r.version for r in results] == [2, 2]


def test_a_run_resumes_with_what_it_learned(tuner: Finetuner, run_dir: Path, record):
    tuner.learn(record(1), ignore)
    resumed = Finetuner.resume(run_dir)
    assert everything(resumed) == everything(tuner)
    assert Finetuner.exists(run_dir)


def test_weights_that_a_killed_process_left_behind_are_written_again(
    tuner: Finetuner, run_dir: Path, record
):
    info = tuner.learn(record(1), ignore)
    info.path.write_bytes(b"cut short")
    info.path.with_name("weights-000002.safetensors").write_bytes(b"of a lesson that never ended")
    resumed = Finetuner.resume(run_dir)
    assert resumed.announce() == info == load_weights(info.path).info
    assert resumed.learn(record(2), ignore).version == 2


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


def test_a_full_disk_fails_a_roll_back_and_nothing_else(
    tuner: Finetuner, record, monkeypatch: pytest.MonkeyPatch
):
    tuner.learn(record(1), ignore)
    before = everything(tuner)
    with monkeypatch.context() as patch:
        patch.setattr(finetune_module, "save_checkpoint", full_disk)
        with pytest.raises(LearnError, match="weights 1 stay: .*No space left"):
            tuner.return_to()
    assert everything(tuner) == before
    assert tuner.return_to().version == 2


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


def test_an_episode_discarded_since_does_not_block_resuming(
    tuner: Finetuner, run_dir: Path, record
):
    kept, thrown = record(1), record(2)
    for episode in (kept, thrown):
        tuner.learn(episode, ignore)
    zeros = np.zeros(8, np.float32)
    EpisodeStore(run_dir / "episodes").labels.add(
        LabelRecord(thrown.id, zeros, zeros, "a person", discard=True), relabel=True
    )
    for version in (3, 4):
        resumed = Finetuner.resume(run_dir)
        assert thrown.id not in resumed._sampler.ids
        assert kept.id in resumed._sampler.ids
        assert resumed.learn(record(version), ignore).version == version


def test_discarded_demonstrations_are_left_out(run_dir: Path, weights: Path, dataset: Path):
    store, zeros = EpisodeStore(dataset), np.zeros(8, np.float32)
    thrown = store.ids()[0]
    store.labels.add(LabelRecord(thrown, zeros, zeros, "a person", discard=True), relabel=True)
    tuner = Finetuner.start(run_dir, weights, dataset, UPDATES, seed=5)
    assert thrown not in tuner._sampler.ids
    assert len(tuner._sampler.ids) == 3


def test_resuming_nothing_is_an_error_that_names_the_file(tmp_path: Path):
    assert not Finetuner.exists(tmp_path)
    with pytest.raises(CheckpointError, match=r"finetune\.pt: no such checkpoint"):
        Finetuner.resume(tmp_path)


def test_a_roll_back_is_a_new_version_with_the_bytes_of_the_old(tuner: Finetuner, record):
    wanted = fingerprint(load_weights(tuner.learn(record(1), ignore).path).networks)
    tuner.learn(record(2), ignore)
    info = tuner.return_to()
    assert info.version == 3
    assert info.updates == UPDATES
    assert info.episode_id == "three_obstacles-2-0001"
    assert fingerprint(load_weights(info.path).networks) == wanted
    assert fingerprint(tuner._agent.networks) == wanted
    assert tuner.learn(record(3), ignore).version == 4


def test_a_second_roll_back_goes_further_back_and_not_forth(tuner: Finetuner, record):
    first = fingerprint(load_weights(tuner.announce().path).networks)
    tuner.learn(record(1), ignore)
    tuner.learn(record(2), ignore)
    tuner.return_to()
    info = tuner.return_to()
    assert info.version == 4
    assert fingerprint(load_weights(info.path).networks) == first
    with pytest.raises(WeightsError, match="none to go back to"):
        tuner.return_to()


def test_a_roll_back_outlives_the_process(tuner: Finetuner, run_dir: Path, record):
    tuner.learn(record(1), ignore)
    tuner.return_to()
    resumed = Finetuner.resume(run_dir)
    assert everything(resumed) == everything(tuner)
    with pytest.raises(WeightsError, match="none to go back to"):
        resumed.return_to()


def test_a_roll_back_to_no_version_changes_nothing(tuner: Finetuner, record):
    tuner.learn(record(1), ignore)
    before = everything(tuner)
    with pytest.raises(WeightsError, match="no such weights file"):
        tuner.return_to(77)
    assert everything(tuner) == before


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


def test_an_episode_learned_from_anew_after_its_discard_does_not_block_resuming(
    tuner: Finetuner, run_dir: Path, record
):
    first, second = record(1), record(2)
    for episode in (first, second):
        tuner.learn(episode, ignore)
    tuner.forget(first.id)
    store, zeros = EpisodeStore(run_dir / "episodes"), np.zeros(8, np.float32)
    store.labels.add(LabelRecord(first.id, zeros, zeros, discard=True), relabel=True)
    store.labels.add(LabelRecord(first.id, zeros, zeros, "a person"), relabel=True)
    assert everything(Finetuner.resume(run_dir)) == everything(tuner)  # labelled, not yet learned
    tuner.learn(store.load(first.id), ignore)
    assert tuner._sampler.ids[-2:] == (second.id, first.id)
    assert everything(Finetuner.resume(run_dir)) == everything(tuner)


@pytest.mark.parametrize("name", ["weights.safetensors", "checkpoints/pretrain.pt"])
def test_the_folder_of_a_pretraining_is_left_alone(tmp_path: Path, weights: Path, name: str):
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(TakenFolder, match="is the folder of a pretraining"):
        Finetuner.start(tmp_path / "run", weights, None, UPDATES, seed=5)
    assert [p for p in (tmp_path / "run").rglob("*") if p.is_file()] == [path]


def test_a_run_that_lost_its_checkpoint_is_not_begun_anew_over_its_weights(
    tuner: Finetuner, run_dir: Path, weights: Path, record
):
    newest = tuner.learn(record(1), ignore).path
    before = newest.read_bytes()
    (run_dir / finetune_module.CHECKPOINT).unlink()
    with pytest.raises(TakenFolder, match=f"begin in another folder, from {newest}"):
        Finetuner.start(run_dir, weights, None, UPDATES, seed=5)
    assert newest.read_bytes() == before


@pytest.mark.usefixtures("tuner")
def test_a_start_that_was_killed_before_its_checkpoint_begins_again(run_dir: Path, weights: Path):
    (run_dir / finetune_module.CHECKPOINT).unlink()
    assert Finetuner.start(run_dir, weights, None, UPDATES, seed=5).announce().version == 0


def test_a_checkpoint_with_a_nan_is_named_and_none_is_written(tuner: Finetuner, run_dir: Path):
    path = run_dir / finetune_module.CHECKPOINT
    good = path.read_bytes()
    state = torch.load(path, weights_only=True)
    state["agent"]["networks"]["offline.mlp.output.weight"][0] = float("nan")
    torch.save(state, path)
    with pytest.raises(CheckpointError, match=r"finetune\.pt: the weight offline.* is not finite"):
        Finetuner.resume(run_dir)
    path.write_bytes(good)
    with torch.no_grad():
        tuner._agent.networks.offline.mlp.output.weight[0] = float("nan")
    with pytest.raises(CheckpointError, match="not finite"):
        tuner._checkpoint()
    assert path.read_bytes() == good


def test_the_checkpoint_of_a_pretraining_is_not_resumed(run_dir: Path, dataset: Path, make_config):
    plan = PretrainPlan(dataset, run_dir / "pretrained", 1, 0)
    Pretrainer.open(plan, make_config(), resume=False).checkpoint()
    (run_dir / "checkpoints").mkdir()
    shutil.copy(plan.run_dir / PRETRAINING, run_dir / finetune_module.CHECKPOINT)
    with pytest.raises(CheckpointError, match="not the checkpoint of a fine-tuning"):
        Finetuner.resume(run_dir)


def test_settings_that_the_weights_have_no_place_for_are_refused(run_dir: Path, weights: Path):
    with pytest.raises(ConfigError, match="do not fit these settings"):
        Finetuner.start(
            run_dir, weights, None, UPDATES, seed=5, overrides={"world_model.units": 24}
        )


def test_a_dataset_without_costs_is_learned_from_with_a_warning(
    tmp_path: Path, run_dir: Path, weights: Path, make_episode
):
    store = EpisodeStore(tmp_path / "safe")
    store.write(make_episode(cost=np.zeros(8, np.float32)))
    tuner = Finetuner.start(run_dir, weights, store.path, UPDATES, seed=5)
    (warning,) = tuner.warnings
    assert "has a cost label above 0" in warning
    assert Finetuner.resume(run_dir).warnings == tuner.warnings


def test_going_on_with_the_options_of_the_beginning_is_allowed(
    tuner: Finetuner, weights: Path, dataset: Path, tmp_path: Path
):
    moved = tmp_path / "moved.safetensors"
    shutil.copy(weights, moved)
    asked = {"weights": moved, "dataset": dataset, "updates": UPDATES, "seed": 5}
    tuner.require_begun_with(asked, {"actor.beta_cost": tuner.config.actor.beta_cost})
    tuner.require_begun_with({}, {})


@pytest.mark.parametrize(
    ("asked", "overrides", "message"),
    [
        ({"updates": 50}, {}, r"updates 2 \(asked for: 50\)"),
        ({"seed": 6}, {}, r"seed 5 \(asked for: 6\)"),
        ({"dataset": None}, {}, r"dataset '.*dataset' \(asked for: ''\)"),
        ({}, {"actor.beta_cost": 77.0}, r"actor.beta_cost .* \(asked for: 77.0\); leave these"),
    ],
)
def test_going_on_with_other_options_is_refused(
    tuner: Finetuner, asked: dict[str, Any], overrides: dict[str, Any], message: str
):
    with pytest.raises(OtherConfig, match=message):
        tuner.require_begun_with(asked, overrides)


def test_going_on_from_other_weights_is_refused(tuner: Finetuner, tmp_path: Path, make_config):
    other = tmp_path / "other.safetensors"
    save_weights(other, FospNetworks(make_config()), version=0)
    with pytest.raises(OtherConfig, match=r"weights .*base.*other\.safetensors"):
        tuner.require_begun_with({"weights": other}, {})
