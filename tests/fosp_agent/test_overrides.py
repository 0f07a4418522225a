"""What may be changed of a trained policy, and what may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.agents.variants import variant_config
from fosp_agent.config import load_preset
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.named_settings import PLANNED
from fosp_agent.overrides import (
    FREE,
    parse_overrides,
    with_overrides,
)
from fosp_agent.settings import ConfigError
from fosp_agent.training.weights import save_weights


def test_acting_time_settings_are_taken_over_and_the_rest_stays(make_config):
    config = make_config()
    found = with_overrides(config, parse_overrides(["planning.horizon=8", "shield.enabled=true"]))
    assert (found.planning.horizon, found.shield.enabled) == (8, True)
    assert found.world_model == config.world_model
    assert with_overrides(config, {}) is config


@pytest.mark.parametrize(
    "key", ["world_model.deter", "actor.min_std", "robot.action_size", "world_model.cost_ensemble"]
)
def test_what_the_weights_fix_is_refused_by_name(make_config, key: str):
    with pytest.raises(ConfigError, match=f"^{key} is fixed by the weights.*planning.horizon"):
        with_overrides(make_config(), {key: 3})


@pytest.mark.parametrize("key", ["planning.horizn", "plan.horizon", "horizon", "preset"])
def test_an_unknown_setting_lists_those_that_there_are(make_config, key: str):
    with pytest.raises(ConfigError, match=f"unknown setting '{key}'; .*shield.enabled"):
        with_overrides(make_config(), {key: 3})


def test_a_value_of_another_kind_is_refused(make_config):
    with pytest.raises(ConfigError, match="planning.horizon"):
        with_overrides(make_config(), {"planning.horizon": "far"})


def test_every_free_setting_exists(make_config):
    config = make_config()
    for key in FREE:
        section, name = key.split(".")
        value = getattr(getattr(config, section), name)
        assert with_overrides(config, {key: value}) == config


def test_a_runner_acts_with_the_overrides_of_its_weights_file(make_config, tmp_path: Path):
    path = tmp_path / "w.safetensors"
    save_weights(path, FospNetworks(make_config()), version=0)
    runner = PolicyRunner.from_file(path, overrides={"expansion.candidates": 3})
    assert runner.config.expansion.candidates == 3
    with pytest.raises(ConfigError, match="fixed by the weights"):
        PolicyRunner.from_file(path, overrides={"world_model.units": 3})


def test_a_name_stands_for_its_settings_and_what_comes_later_has_the_last_word():
    given = parse_overrides(["planned", "planning.horizon=3"])
    assert given == PLANNED | {"planning.horizon": 3}
    with pytest.raises(ConfigError, match="cannot read the setting 'planed'; .* or planned"):
        parse_overrides(["planed"])


def test_as_printed_makes_a_preset_the_papers_agent_again():
    printed = load_preset("small", parse_overrides(["as_printed"]))
    assert printed == variant_config("fosp", "small", {"training.mirror_aligned": True})
    assert load_preset("paper", parse_overrides(["as_printed"])) == load_preset("paper")
