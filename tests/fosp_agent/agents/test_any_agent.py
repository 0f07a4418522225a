"""What holds for every agent and every variant: it learns, resumes, is saved, and acts."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fosp_agent.agents.networks import fingerprint
from fosp_agent.agents.registry import AGENTS, make_agent
from fosp_agent.agents.variants import VARIANTS, Variant, variant, variant_config
from fosp_agent.config import AgentConfig, agents, load_preset, presets
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.settings import ConfigError
from fosp_agent.training.weights import WeightsError, load_weights, save_weights

NAMES = sorted(AGENTS)


@pytest.fixture
def config_of(make_config) -> Any:
    """The smallest config of an agent or a variant."""

    def make(chosen: str | Variant, **settings: Any) -> AgentConfig:
        overrides = {"agent": chosen} if isinstance(chosen, str) else chosen.overrides
        return make_config(overrides | settings)

    return make


def test_the_registry_holds_every_agent_that_the_config_allows():
    assert set(AGENTS) == set(agents())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_fits_every_preset_and_is_what_its_settings_say(name: str):
    for preset in presets():
        config = variant_config(name, preset, {"training.horizon": 4})
        assert (config.preset, config.agent) == (preset, variant(name).agent)
        assert config.training.horizon == 4
        for key, value in variant(name).settings.items():
            section, part = key.split(".")
            assert getattr(getattr(config, section), part) == value


def test_an_unknown_variant_agent_or_setting_lists_those_that_there_are():
    with pytest.raises(ConfigError, match="no_expansion, no_reachability"):
        variant_config("no_idea", "tiny")
    with pytest.raises(ConfigError, match="choose one of fosp, safedreamer, dreamerv3"):
        load_preset("tiny", {"agent": "cpo"})
    with pytest.raises(ConfigError, match=r"'critic.kappa' does not exist; critic has: gamma, "):
        load_preset("tiny", {"critic.kappa": 0.8})
    with pytest.raises(ConfigError, match="the config has: preset, agent, robot"):
        load_preset("tiny", {"critics.gamma": 0.8})
    with pytest.raises(ConfigError, match="critic.gamma has no parts"):
        load_preset("tiny", {"critic.gamma.x": 0.8})


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_variant_learns_offline_and_online_with_finite_metrics(
    config_of, make_batch, name: str, precision: str
):
    agent = make_agent(config_of(variant(name), **{"training.precision": precision}))
    for stage in (False, True):
        if stage:
            agent.begin_finetuning()
        begun = fingerprint(agent.networks.learner())
        for seed in range(3):
            metrics = agent.train_step(make_batch(seed=seed))
            assert all(math.isfinite(value) for value in metrics.values()), metrics
        assert agent.updates == 3
        assert fingerprint(agent.networks.learner()) != begun


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("online", [False, True])
def test_a_restored_agent_continues_the_same_curve(config_of, make_batch, name: str, online: bool):
    agent = make_agent(config_of(variant(name)))
    if online:
        agent.begin_finetuning()
    agent.train_step(make_batch(seed=1))
    state, luck = copy.deepcopy(agent.state_dict()), torch.get_rng_state()
    curve = [agent.train_step(make_batch(seed=seed)) for seed in (2, 3)]
    other = make_agent(config_of(variant(name)))
    other.load_state_dict(state)
    torch.set_rng_state(luck)
    assert [other.train_step(make_batch(seed=seed)) for seed in (2, 3)] == curve
    assert fingerprint(agent.networks) == fingerprint(other.networks)
    assert agent.updates == other.updates == 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_weights_act_as_the_networks_that_were_saved(
    config_of, make_batch, tmp_path: Path, name: str, mode: str
):
    agent, batch = make_agent(config_of(name)), make_batch()
    agent.train_step(batch)
    agent.begin_finetuning()
    path = tmp_path / "weights.safetensors"
    save_weights(path, agent.networks, version=3)
    loaded = load_weights(path, name)
    assert loaded.config.agent == name
    assert fingerprint(loaded.networks) == fingerprint(agent.networks)
    actions = []
    for seed in (1, 1, 2):
        runner = PolicyRunner.from_file(path, mode=mode, seed=seed)
        decisions = [runner.act(batch.image[0, t], batch.pose[0, t]) for t in range(3)]
        actions.append(np.concatenate([d.action for d in decisions]))
        for decision in decisions:
            assert list(agent.networks.policies()) == [c.policy for c in decision.candidates]
            assert np.array_equal(decision.action, decision.candidates[decision.chosen].action)
            assert sum(c.probability for c in decision.candidates) == pytest.approx(1)
            assert 0 <= decision.feasibility <= 1
            assert np.abs(decision.action).max() <= 1
    assert np.array_equal(actions[0], actions[1])
    assert np.array_equal(actions[0], actions[2]) is (mode == "greedy")


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_another_agent_are_refused_with_the_remedy(config_of, tmp_path: Path, name: str):
    path = tmp_path / "weights.safetensors"
    save_weights(path, make_agent(config_of(name)).networks, version=0)
    other = NAMES[NAMES.index(name) - 1]
    with pytest.raises(WeightsError, match=f"of the agent '{name}'.*--agent {other}"):
        load_weights(path, other)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"fosp"}))
def test_a_baselines_own_policy_is_what_goes_on_learning(config_of, name: str):
    agent = make_agent(config_of(name))
    learner = agent.networks.learner()
    agent.begin_finetuning()
    assert agent.networks.learner() is learner
    assert not agent.networks.expanded
    with pytest.raises(RuntimeError, match="no policy expansion"):
        agent.networks.expand()
