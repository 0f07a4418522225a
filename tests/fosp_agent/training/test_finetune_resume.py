"""A fine-tuning goes on as it was begun, in a folder of its own."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakes.lessons import UPDATES, everything, ignore
from fosp_agent.agents.networks import FospNetworks
from fosp_agent.episodes.labels import LabelRecord
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.settings import ConfigError
from fosp_agent.training import finetune as finetune_module
from fosp_agent.training.checkpoint import CheckpointError
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainPlan
from fosp_agent.training.run_folder import PRETRAINING, TakenFolder
from fosp_agent.training.sameness import OtherConfig
from fosp_agent.training.weights import WeightsInfo, load_weights, save_weights


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


def test_resuming_nothing_is_an_error_that_names_the_file(tmp_path: Path):
    assert not Finetuner.exists(tmp_path)
    with pytest.raises(CheckpointError, match=r"finetune\.pt: no such checkpoint"):
        Finetuner.resume(tmp_path)


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
