"""Pretraining: begins cleanly, and goes on where it stopped."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import fosp_agent.cli.pretrain as pretrain_verb
import fosp_agent.training.pretrain as pretrain_module
from fosp_agent.agents.networks import fingerprint
from fosp_agent.episodes.errors import EpisodeError, SamplerError
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.checkpoint import CheckpointError, read_checkpoint
from fosp_agent.training.fit import MisfitError
from fosp_agent.training.metrics import read_metrics
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainError, PretrainPlan, begun_plan
from fosp_agent.training.run_folder import BEST, PRETRAINED, PRETRAINING, TakenFolder
from fosp_agent.training.sameness import OtherConfig
from fosp_agent.training.weights import load_weights


def plan(dataset: Path, run_dir: Path, steps: int, **changes: Any) -> PretrainPlan:
    settings: dict[str, Any] = {"held_out": 0.25, "checkpoint_every": 100, "log_every": 1}
    return PretrainPlan(dataset, run_dir, steps, 3, **(settings | changes))


def test_a_resumed_run_continues_the_same_curve(make_config, dataset: Path, tmp_path: Path):
    straight: list[dict[str, float]] = []
    one = Pretrainer.open(plan(dataset, tmp_path / "a", 4), make_config(), resume=False)
    one.train(lambda _done, metrics: straight.append(metrics))
    pieces: list[dict[str, float]] = []
    half = Pretrainer.open(plan(dataset, tmp_path / "b", 2), make_config(), resume=False)
    half.train(lambda _done, metrics: pieces.append(metrics))
    rest = Pretrainer.open(plan(dataset, tmp_path / "b", 4), make_config(), resume=True)
    assert rest.done == 2
    rest.train(lambda _done, metrics: pieces.append(metrics))
    assert len(straight) == 4
    assert pieces == straight
    assert fingerprint(rest.agent.networks) == fingerprint(one.agent.networks)
    assert (tmp_path / "a/weights.safetensors").read_bytes() == (
        tmp_path / "b/weights.safetensors"
    ).read_bytes()


def test_how_often_is_measured_and_saved_does_not_change_the_curve(
    make_config, dataset: Path, tmp_path: Path
):
    prints = []
    for name, every in (("often", 1), ("once", 100)):
        run = Pretrainer.open(
            plan(dataset, tmp_path / name, 3, checkpoint_every=every), make_config(), resume=False
        )
        run.train(lambda _done, _metrics: None)
        prints.append(fingerprint(run.agent.networks))
    assert prints[0] == prints[1]


def test_an_interrupted_run_leaves_a_checkpoint_that_resumes(
    make_config, dataset: Path, tmp_path: Path
):
    def stop(done: int, _metrics: dict[str, float]) -> None:
        if done == 2:
            raise KeyboardInterrupt

    run = Pretrainer.open(plan(dataset, tmp_path / "run", 4), make_config(), resume=False)
    with pytest.raises(KeyboardInterrupt):
        run.train(stop)
    resumed = Pretrainer.open(plan(dataset, tmp_path / "run", 4), make_config(), resume=True)
    assert resumed.done == 2


def test_the_weights_are_those_of_a_policy_before_the_expansion(
    make_config, dataset: Path, tmp_path: Path
):
    run = Pretrainer.open(plan(dataset, tmp_path / "run", 1), make_config(), resume=False)
    info = run.train(lambda _done, _metrics: None)
    loaded = load_weights(info.path)
    assert not loaded.networks.expanded
    assert loaded.config == make_config()
    assert list((tmp_path / "run" / "tensorboard").iterdir())


def test_held_out_episodes_are_not_trained_on(make_config, dataset: Path, tmp_path: Path):
    run = Pretrainer.open(
        plan(dataset, tmp_path / "run", 1, held_out=0.5), make_config(), resume=False
    )
    held = {episode.id for episode in run.held_out}
    assert held and not held & set(run.sampler.ids)
    assert len(held) + len(run.sampler) == 4


def measured(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """The measurements on held-out episodes are these, one after the other."""
    left = iter(losses)
    monkeypatch.setattr(
        pretrain_module, "held_out_metrics", lambda *_: {"held_out/cloning": next(left)}
    )


def test_the_best_weights_on_held_out_episodes_are_kept_beside_the_last(
    make_config, dataset: Path, tmp_path: Path, monkeypatch
):
    measured(monkeypatch, [3.0, 1.0, 2.0])
    settings = {"training.selection": "cloning"}
    run = Pretrainer.open(
        plan(dataset, tmp_path / "run", 3, checkpoint_every=1), make_config(settings), resume=False
    )
    run.train(lambda *_: None)
    assert run.done == 3
    assert run.selection.step == 2
    best = load_weights(tmp_path / "run" / BEST).networks.world_model.cost
    last = load_weights(tmp_path / "run" / PRETRAINED).networks.world_model.cost
    assert fingerprint(best) != fingerprint(last)
    state = torch.cat([p.flatten() for p in last.parameters()])
    now = torch.cat([p.flatten() for p in run.agent.networks.world_model.cost.parameters()])
    torch.testing.assert_close(state, now, atol=1e-3, rtol=1e-3)


def test_training_stops_early_only_where_it_is_asked_to(
    make_config, dataset: Path, tmp_path: Path, monkeypatch
):
    for patience, steps in ((2, 3), (0, 5)):
        measured(monkeypatch, [1.0, 2.0, 3.0, 4.0, 5.0])
        settings = {"training.selection": "cloning", "training.early_stopping": patience}
        where = plan(dataset, tmp_path / str(patience), 5, checkpoint_every=1)
        run = Pretrainer.open(where, make_config(settings), resume=False)
        run.train(lambda *_: None)
        assert run.done == steps
        assert run.selection.step == 1


def test_every_number_is_also_a_json_line(make_config, dataset: Path, tmp_path: Path):
    run = Pretrainer.open(plan(dataset, tmp_path / "run", 2), make_config(), resume=False)
    run.train(lambda *_: None)
    lines = read_metrics(tmp_path / "run" / "metrics.jsonl")
    assert [line["step"] for line in lines if "loss/image" in line] == [1, 2]
    assert any("held_out/cost_calibration_error" in line for line in lines)


def test_videos_of_held_out_predictions_are_in_the_folder_and_in_tensorboard(
    make_config, dataset: Path, tmp_path: Path
):
    where = plan(dataset, tmp_path / "run", 4, video_every=2)
    run = Pretrainer.open(where, make_config(), resume=False)
    run.train(lambda *_: None)
    found = sorted(p.name for p in (tmp_path / "run" / "predictions").iterdir())
    assert found == [f"step-{n:06d}.{kind}" for n in (2, 4) for kind in ("gif", "png")]
    board = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    board.Reload()
    images = board.Images("held_out/open_loop")
    assert [image.step for image in images] == [2, 4]
    last = (tmp_path / "run" / "predictions" / "step-000004.gif").read_bytes()
    assert images[-1].encoded_image_string == last


def test_a_folder_that_has_a_run_is_not_begun_again(make_config, dataset: Path, tmp_path: Path):
    Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False).checkpoint()
    with pytest.raises(PretrainError, match=r"already has a run; add --resume"):
        Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False)


def test_a_folder_with_weights_alone_is_not_written_over(
    make_config, dataset: Path, tmp_path: Path
):
    (tmp_path / PRETRAINED).write_bytes(b"precious")
    with pytest.raises(PretrainError, match=r"already has a run .*weights\.safetensors"):
        Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False)
    assert (tmp_path / PRETRAINED).read_bytes() == b"precious"


@pytest.mark.parametrize("missing", ["cost", "reward"])
def test_a_dataset_without_a_kind_of_label_trains_and_warns_loudly(
    make_config, make_episode, tmp_path: Path, capsys, missing: str
):
    store = EpisodeStore(tmp_path / "dataset")
    for number in range(2):
        episode = make_episode(f"original-{number}-0001", **{missing: np.zeros(8, np.float32)})
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
    where = plan(store.path, tmp_path / "run", 1, held_out=0.5)
    run = Pretrainer.open(where, make_config(), resume=False)
    pretrain_verb.train(run)
    assert run.done == 1
    said = " ".join(capsys.readouterr().out.split())
    assert said.count(f"WARNING no observation in {store.path} has a {missing} label") == 2
    lines = read_metrics(tmp_path / "run" / "metrics.jsonl")
    warnings = [line["warning"] for line in lines if "warning" in line]
    assert sum(f"has a {missing} label" in warning for warning in warnings) == 1
    shares = next(line for line in lines if "dataset/cost_share" in line)
    other = {"cost": "reward", "reward": "cost"}[missing]
    assert shares[f"dataset/{missing}_share"] == 0 < shares[f"dataset/{other}_share"]


def test_labels_of_both_kinds_give_no_warning(make_config, dataset: Path, tmp_path: Path):
    run = Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False)
    assert not [text for text in run.warnings if "label" in text]


def test_a_torn_line_of_the_labels_is_named(make_config, dataset: Path, tmp_path: Path):
    with EpisodeStore(dataset).labels.path.open("ab") as journal:
        journal.write(b'{"episode_id": "original-1-0')
    run = Pretrainer.open(plan(dataset, tmp_path / "run", 1), make_config(), resume=False)
    (warning,) = [text for text in run.warnings if "torn" in text]
    assert "labels.jsonl: line 5 is torn" in warning and "label the episode again" in warning


def test_images_or_actions_of_another_size_are_refused_by_name(
    make_config, dataset: Path, tmp_path: Path, make_episode
):
    store = EpisodeStore(dataset)
    store.write(
        dataclasses.replace(
            make_episode("original-8-0001"),
            action=np.zeros((8, 2), np.float32),
            metadata={"seed": "8"},
        )
    )
    with pytest.raises(MisfitError, match=r"original-8-0001 has image, pose and action sizes"):
        Pretrainer.open(plan(dataset, tmp_path / "run", 1), make_config(), resume=False)
    assert not (tmp_path / "run").exists()


def test_resuming_nothing_is_an_error_that_names_the_file(
    make_config, dataset: Path, tmp_path: Path
):
    with pytest.raises(CheckpointError, match=r"pretrain\.pt: no such checkpoint"):
        Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=True)


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_checkpoint_is_named(
    make_config, dataset: Path, tmp_path: Path, content: bytes | None
):
    Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False).checkpoint()
    path = tmp_path / PRETRAINING
    path.write_bytes(path.read_bytes()[:-3000] if content is None else content)
    with pytest.raises(CheckpointError, match=r"pretrain\.pt cannot be read"):
        read_checkpoint(path)


@pytest.mark.parametrize("name", ["checkpoints/finetune.pt", "weights/w", "episodes/e.mcap"])
def test_the_folder_of_a_fine_tuning_is_left_alone(
    make_config, dataset: Path, tmp_path: Path, name: str
):
    path = tmp_path / "run" / name
    path.parent.mkdir(parents=True)
    path.touch()
    with pytest.raises(TakenFolder, match="is the folder of a fine-tuning"):
        Pretrainer.open(plan(dataset, tmp_path / "run", 1), make_config(), resume=False)


def test_what_goes_on_is_what_was_begun(make_config, dataset: Path, tmp_path: Path):
    begun = plan(dataset, tmp_path / "run", 1)
    Pretrainer.open(begun, make_config(), resume=False).checkpoint()
    elsewhere, longer = tmp_path / "other", dataclasses.replace(begun, steps=7)
    defaults = dataclasses.replace(longer, seed=99, dataset=Path("x"))
    assert begun_plan(defaults, {}) == longer
    assert begun_plan(defaults, {"dataset": dataset, "seed": begun.seed}) == longer
    shutil.copytree(dataset, elsewhere)
    for asked in ({"dataset": elsewhere}, {"seed": begun.seed + 1}):
        with pytest.raises(OtherConfig, match="pretrain.pt was begun with"):
            begun_plan(begun, asked)
    shutil.rmtree(dataset)
    assert begun_plan(begun, {"dataset": elsewhere}).dataset == elsewhere


@pytest.mark.parametrize("name", ["pose", "action"])
def test_a_value_that_is_not_finite_is_named_before_training(
    make_config, tmp_path: Path, make_episode, name: str
):
    store, good = EpisodeStore(tmp_path / "dataset"), make_episode("original-1-0001")
    bad = getattr(good, name).copy()
    bad[3] = np.nan
    store.write(good)
    store.write(make_episode("original-2-0001", **{name: bad}))
    found = f"original-2-0001 has a {name} at step 3 that is not finite"
    with pytest.raises(MisfitError, match=found):
        Pretrainer.open(plan(store.path, tmp_path / "run", 1), make_config(), resume=False)
    assert not (tmp_path / "run").exists()


def test_actions_that_no_policy_takes_are_warned_of(make_config, tmp_path: Path, make_episode):
    store = EpisodeStore(tmp_path / "dataset")
    for number, scale in enumerate((1.0, 50.0)):
        name = f"original-{number}-0001"
        store.write(make_episode(name, action=scale * make_episode(name).action))
    run = Pretrainer.open(plan(store.path, tmp_path / "run", 1), make_config(), resume=False)
    (warning,) = [text for text in run.warnings if "actions" in text]
    assert "1 of 2 episodes have actions beyond [-1, 1], the first is original-1-0001" in warning


def test_a_missing_or_unlabelled_dataset_is_named(make_config, tmp_path: Path, make_episode):
    with pytest.raises(EpisodeError, match="no such folder"):
        Pretrainer.open(plan(tmp_path / "none", tmp_path, 1), make_config(), resume=False)
    store = EpisodeStore(tmp_path / "unlabelled")
    store.write(make_episode(labelled=False))
    with pytest.raises(PretrainError, match="no labelled episode"):
        Pretrainer.open(plan(store.path, tmp_path, 1), make_config(), resume=False)


def test_a_dataset_of_another_camera_is_refused(make_config, dataset: Path, tmp_path: Path):
    config = make_config({"robot.image_channels": 6})
    with pytest.raises(MisfitError, match=r"original-\d-0001 has image"):
        Pretrainer.open(plan(dataset, tmp_path, 1), config, resume=False)


def test_another_dataset_than_the_checkpoints_is_refused(
    make_config, dataset: Path, tmp_path: Path, make_episode
):
    Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=False).checkpoint()
    extra = dataclasses.replace(make_episode("original-9-0001"), metadata={"seed": "9"})
    EpisodeStore(dataset).write(extra)
    with pytest.raises(SamplerError, match="differ from the checkpoint"):
        Pretrainer.open(plan(dataset, tmp_path, 1), make_config(), resume=True)
