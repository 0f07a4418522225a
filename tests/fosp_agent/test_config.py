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


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("training.horizon", 0, "training.horizon is 0; give 1 or more"),
        ("training.batch_length", 1, "training.batch_length is 1; give 2 or more"),
        ("world_model.cnn_depth", 0, "world_model.cnn_depth is 0"),
        ("actor.learning_rate", -1.0, "actor.learning_rate is -1.0; give more than 0"),
        ("actor.learning_rate", float("nan"), "actor.learning_rate is nan; give a finite number"),
        ("critic.gamma", 2.0, "critic.gamma is 2.0; give a number from 0 to 1"),
        ("training.mirror_pose", [1.0, -1.0], "mirror_pose has 2 numbers, robot.pose_size is 6"),
        ("robot.pose_low", [1.0], "robot.pose_low has 1 numbers, robot.pose_size is 6"),
        ("actor.weighting", "foo", "actor.weighting is 'foo'; choose one of fosp, uniform"),
        ("preset", "tiny", "give --preset"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(key: str, value: object, message: str):
    with pytest.raises(ConfigError, match=message):
        load_preset("small", {key: value})


def test_a_setting_without_a_value_is_refused():
    with pytest.raises(ConfigError, match=r"write section\.key=value"):
        parse_override("actor.beta_cost")


def test_an_unknown_environment_is_refused():
    with pytest.raises(UnknownEnvironment, match="unknown environment 'moon'"):
        make_environment("moon", "original")


def test_a_setting_that_is_not_yaml_is_refused():
    with pytest.raises(ConfigError, match=r"as YAML"):
        parse_override("actor.entropy=[1,")
