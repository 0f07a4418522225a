"""Pretraining that begins with the weights of an earlier one."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from fosp_agent.agents.networks import fingerprint
from fosp_agent.settings import ConfigError
from fosp_agent.training.checkpoint import read_checkpoint
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainPlan, asked_config, begun_plan
from fosp_agent.training.run_folder import PRETRAINING
from fosp_agent.training.sameness import OtherConfig
from fosp_agent.training.weights import WeightsError, load_weights, save_weights
from fosp_agent.training.weights_files import FOLDER, weights_files


@pytest.fixture
def earlier(make_config, dataset: Path, tmp_path: Path) -> Path:
    """Weights of two steps."""
    plan = PretrainPlan(dataset, tmp_path / "earlier", 2, 3, held_out=0.25)
    return Pretrainer.open(plan, make_config(), resume=False).train(lambda *_: None).path


def later(dataset: Path, folder: Path, weights: Path, steps: int = 1) -> PretrainPlan:
    return PretrainPlan(dataset, folder / "later", steps, 4, weights, held_out=0.25)


def begun(plan: PretrainPlan, overrides: dict[str, Any] | None = None) -> Pretrainer:
    return Pretrainer.open(plan, asked_config(plan, None, None, overrides or {}), resume=False)


def test_the_first_step_is_taken_from_those_weights(dataset: Path, tmp_path: Path, earlier: Path):
    run = begun(later(dataset, tmp_path, earlier))
    assert run.done == 0
    assert fingerprint(run.agent.networks) == fingerprint(load_weights(earlier).networks)
    assert not any(adam["state"] for adam in run.agent.state_dict()["optimizers"].values())
    run.train(lambda *_: None)
    assert fingerprint(run.agent.networks) != fingerprint(load_weights(earlier).networks)


def test_their_settings_hold_and_those_that_are_given_change(
    make_config, dataset: Path, tmp_path: Path
):
    plan = PretrainPlan(dataset, tmp_path / "earlier", 1, 3, held_out=0.25)
    config = make_config({"actor.beta_cost": 7.0})
    first = Pretrainer.open(plan, config, resume=False).train(lambda *_: None).path
    run = begun(later(dataset, tmp_path, first), {"actor.beta_reward": 3.0})
    assert (run.agent.config.actor.beta_reward, run.agent.config.actor.beta_cost) == (3.0, 7.0)
    assert load_weights(run.train(lambda *_: None).path).config == run.agent.config


def test_a_resumed_run_continues_the_same_curve(dataset: Path, tmp_path: Path, earlier: Path):
    prints = []
    for name, stops in (("straight", (3,)), ("pieces", (1, 3))):
        for steps in stops:
            plan = later(dataset, tmp_path / name, earlier, steps)
            resume = (plan.run_dir / PRETRAINING).is_file()
            if resume:
                plan = begun_plan(dataclasses.replace(plan, weights=None), {})
            run = Pretrainer.open(plan, asked_config(plan, None, None, {}), resume=resume)
            run.train(lambda *_: None)
        prints.append(fingerprint(run.agent.networks))
        _, _, extra = read_checkpoint(run.plan.run_dir / PRETRAINING)
        assert extra["weights"] == str(earlier)
    assert prints[0] == prints[1]


def test_what_goes_on_is_begun_with_the_same_weights_wherever_they_lie_now(
    make_config, dataset: Path, tmp_path: Path, earlier: Path
):
    plan = later(dataset, tmp_path, earlier)
    begun(plan).checkpoint()
    moved = shutil.copy(earlier, tmp_path / "moved.safetensors")
    assert begun_plan(plan, {"weights": Path(moved)}).weights == Path(moved)
    other = tmp_path / "other.safetensors"
    loaded = load_weights(earlier)
    with torch.no_grad():
        next(loaded.networks.parameters()).add_(0.5)
    save_weights(other, loaded.networks, version=0, half=True)
    with pytest.raises(OtherConfig, match="was begun with weights"):
        begun_plan(plan, {"weights": other})
    plain = PretrainPlan(dataset, tmp_path / "plain", 1, 3, held_out=0.25)
    Pretrainer.open(plain, make_config(), resume=False).checkpoint()
    with pytest.raises(OtherConfig, match="was begun with weights None"):
        begun_plan(plain, {"weights": earlier})


def test_fine_tuned_weights_are_refused_before_anything_is_written(
    dataset: Path, tmp_path: Path, earlier: Path
):
    Finetuner.start(tmp_path / "tuned", earlier, dataset, 1, seed=5)
    tuned = weights_files(tmp_path / "tuned" / FOLDER)[0]
    with pytest.raises(WeightsError, match="has two policies"):
        begun(later(dataset, tmp_path, tuned))
    assert not (tmp_path / "later").exists()


def test_what_does_not_fit_the_weights_is_named(dataset: Path, tmp_path: Path, earlier: Path):
    plan = later(dataset, tmp_path, earlier)
    with pytest.raises(WeightsError, match="asked for was 'paper'; leave --preset out"):
        asked_config(plan, "paper", None, {})
    with pytest.raises(WeightsError, match="asked for was 'safedreamer'"):
        asked_config(plan, None, "safedreamer", {})
    with pytest.raises(ConfigError, match="the weights do not fit these settings"):
        begun(plan, {"world_model.deter": 24})
    with pytest.raises(WeightsError, match="no such weights file"):
        asked_config(later(dataset, tmp_path, tmp_path / "none"), None, None, {})
    assert not (tmp_path / "later").exists()
