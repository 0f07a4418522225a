"""Presets and settings."""

from __future__ import annotations

import json

import pytest

from fosp_agent.config import from_dict, load_preset, presets
from fosp_agent.environments import UnknownEnvironment, make_environment
from fosp_agent.settings import ConfigError, parse_override


@pytest.mark.parametrize("name", presets())
def test_every_preset_loads_and_survives_json(name: str):
    config = load_preset(name)
    assert config.preset == name
    assert from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_the_paper_preset_has_the_papers_sizes():
    config = load_preset("paper")
    model, training = config.world_model, config.training
    assert (model.latents, model.classes, model.deter, model.units) == (48, 48, 512, 512)
    assert (training.batch_size, training.batch_length, training.horizon) == (64, 16, 15)


def test_an_unknown_preset_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"unknown preset 'huge'.*tiny"):
        load_preset("huge")


def test_an_override_replaces_one_number():
    key, value = parse_override("actor.beta_cost=5")
    config = load_preset("tiny", {key: value})
    assert config.actor.beta_cost == 5.0
    assert isinstance(config.actor.beta_cost, float)
    assert config.actor.beta_reward == load_preset("tiny").actor.beta_reward
    assert load_preset("tiny", dict([parse_override("critic.gamma=1e-3")])).critic.gamma == 0.001


@pytest.mark.parametrize(
    "overrides",
    [
        {"actor.betacost": 1.0},
        {"acter.beta_cost": 1.0},
        {"training.precision": "float8"},
        {"training.batch_size": "many"},
        {"preset.name": 1},
    ],
    ids=str,
)
def test_an_unknown_or_unfit_setting_is_refused(overrides):
    with pytest.raises(ConfigError):
        load_preset("tiny", overrides)


def test_a_setting_without_a_value_is_refused():
    with pytest.raises(ConfigError, match=r"write section\.key=value"):
        parse_override("actor.beta_cost")


def test_an_unknown_environment_is_refused():
    with pytest.raises(UnknownEnvironment, match="unknown environment 'moon'"):
        make_environment("moon", "original")


def test_a_setting_that_is_not_yaml_is_refused():
    with pytest.raises(ConfigError, match=r"as YAML"):
        parse_override("actor.entropy=[1,")
