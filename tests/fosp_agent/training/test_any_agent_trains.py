"""Every agent goes the whole way: pretrained, fine-tuned, resumed; another agent is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fosp_agent.agents.networks import fingerprint
from fosp_agent.config import agents, load_preset
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.settings import ConfigError
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainError, PretrainPlan
from fosp_agent.training.sameness import OtherConfig, differences
from fosp_agent.training.weights import WeightsError, load_weights

BASELINES = tuple(name for name in agents() if name != "fosp")


def pretrained(config, dataset: Path, run_dir: Path) -> Path:
    """Weights after one step."""
    plan = PretrainPlan(dataset, run_dir, 1, seed=3, held_out=0.25)
    return Pretrainer.open(plan, config, resume=False).train(lambda *_: None).path


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_is_pretrained_and_a_resumed_fine_tuning_continues_the_same_curve(
    make_config, make_episode, dataset: Path, tmp_path: Path, name: str
):
    weights = pretrained(make_config({"agent": name}), dataset, tmp_path / "pretrain")
    hashes = []
    for folder, stops in ((tmp_path / "straight", False), (tmp_path / "resumed", True)):
        store = EpisodeStore(folder / "episodes")
        tuner = Finetuner.start(folder, weights, dataset, 1, seed=5, agent_name=name)
        for number in (1, 2):
            episode = make_episode(f"three_obstacles-{number}-0001")
            store.write(dataclasses.replace(episode, metadata={"seed": "1"}))
            if stops:
                tuner = Finetuner.resume(folder, agent_name=name)
            tuner.learn(store.load(episode.id), lambda *_: None)
        hashes.append(tuner.announce().sha256)
    assert hashes[0] == hashes[1]
    assert load_weights(tuner.announce().path).config.agent == name
    with pytest.raises(WeightsError, match=f"checkpoint|finetune.pt is of the agent '{name}'"):
        Finetuner.resume(folder, agent_name="fosp")


def test_weights_of_another_agent_are_not_fine_tuned(weights: Path, tmp_path: Path):
    with pytest.raises(WeightsError, match=r"of the agent 'fosp' .*--agent safedreamer"):
        Finetuner.start(tmp_path / "run", weights, None, 1, seed=5, agent_name="safedreamer")
    assert not (tmp_path / "run").exists()


def test_fine_tuning_may_change_settings_but_not_the_agent_or_what_does_not_exist(
    weights: Path, tmp_path: Path
):
    plain = {"expansion.enabled": False, "actor.entropy": 0.5}
    tuner = Finetuner.start(tmp_path / "run", weights, None, 1, seed=5, overrides=plain)
    config = load_weights(tuner.announce().path).config
    assert (config.expansion.enabled, config.actor.entropy) == (False, 0.5)
    assert not load_weights(tuner.announce().path).networks.expanded
    with pytest.raises(ConfigError, match="the agent belongs to the weights"):
        Finetuner.start(tmp_path / "b", weights, None, 1, seed=5, overrides={"agent": "dreamerv3"})
    with pytest.raises(ConfigError, match="actor has: beta_reward"):
        Finetuner.start(tmp_path / "c", weights, None, 1, seed=5, overrides={"actor.beta": 1.0})


def test_pretraining_goes_on_only_with_the_agent_preset_and_settings_it_was_begun_with(
    make_config, dataset: Path, tmp_path: Path
):
    begun = make_config()
    pretrained(begun, dataset, tmp_path / "run")
    plan = PretrainPlan(dataset, tmp_path / "run", 2, seed=3, held_out=0.25)
    other = make_config({"agent": "safedreamer", "critic.gamma": 0.5})
    assert set(differences(begun, other)) >= {"agent", "critic.gamma"}
    with pytest.raises(OtherConfig, match=r"agent 'fosp' \(asked for: 'safedreamer'\).*gamma"):
        Pretrainer.open(plan, other, resume=True)
    for same in (begun, None):
        run = Pretrainer.open(plan, same, resume=True)
        assert (run.done, run.agent.config.agent) == (1, "fosp")
    with pytest.raises(PretrainError, match="needs a config"):
        Pretrainer.open(dataclasses.replace(plan, run_dir=tmp_path / "new"), None, resume=False)


def test_the_shipped_policy_still_loads_and_is_of_fosp():
    path = Path(__file__).parents[3] / "models/safereach-small/weights.safetensors"
    loaded = load_weights(path, "fosp")
    assert (loaded.config.agent, loaded.config.preset) == ("fosp", "small")
    assert loaded.config == load_preset("small")  # fine-tuning goes by what the file says
    assert len(fingerprint(loaded.networks)) == 64
