"""The open readings: real switches, each a change; fair to all; what is shared is done once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fosp_agent.agents.variants import variant_config
from fosp_agent.config import AgentConfig
from fosp_agent.experiments.protocol import PlanError
from fosp_agent.experiments.readings import (
    DEFAULT,
    OFFLINE,
    ONLINE,
    READINGS,
    STAGES,
    differs,
    reading,
    reading_config,
    stages_named,
)
from fosp_agent.experiments.readings_plan import ReadingsPlan, readings_units
from fosp_agent.settings import ConfigError, require_setting

CHANGES = [(name, stage) for name, r in READINGS.items() for stage in r.stages if name != DEFAULT]


@pytest.mark.parametrize(("name", "stage"), CHANGES)
def test_a_reading_sets_what_exists_to_what_fosp_in_the_small_preset_has_not(name: str, stage: str):
    preset = variant_config("fosp", "small").to_dict()
    for key, value in reading(name).settings.items():
        require_setting(AgentConfig, key)
        section, entry = key.split(".")
        assert preset[section][entry] != value, key
        assert reading_config(name, "small", {}).to_dict()[section][entry] == value
    assert differs(name, stage, "small", {})


def test_a_reading_has_the_last_word_over_settings_that_are_under_every_reading():
    config = reading_config("paper_betas", "small", {"actor.beta_cost": 3.0})
    assert config.actor.beta_cost == 10.0
    assert reading_config(DEFAULT, "small", {"actor.beta_cost": 3.0}).actor.beta_cost == 3.0


def test_each_reading_is_pretrained_with_once_a_seed_and_tested_on_the_same_scenes():
    plan = ReadingsPlan(stages=(OFFLINE,), seeds=(0, 1))
    units = readings_units(plan)
    pretrainings = [u for u in units if u.kind == "pretrain"]
    offline = [name for name, r in READINGS.items() if OFFLINE in r.stages]
    assert [u.settings["reading"] for u in pretrainings] == 2 * offline
    assert len({str(sorted(u.config.items())) for u in pretrainings}) == len(offline)
    tests = [u for u in units if u.kind == "test"]
    assert len(tests) == len(pretrainings)
    for seed, first in ((0, 1000), (1, 1100)):
        own = [u.settings for u in tests if u.settings["seed"] == seed]
        assert {(s["first_seed"], s["tests"]) for s in own} == {(first, 100)}
    assert {u.settings["task"] for u in tests} == {"original"}


def test_every_unit_comes_after_those_it_needs_and_has_a_folder_of_its_own():
    units = readings_units(ReadingsPlan(seeds=(0, 1)))
    paths = [unit.path for unit in units]
    assert len(set(paths)) == len(paths)
    for place, unit in enumerate(units):
        assert set(unit.needs) <= set(paths[:place])


def test_all_readings_of_fine_tuning_begin_with_the_same_weights_in_the_same_scenes():
    units = readings_units(ReadingsPlan(stages=(ONLINE,)))
    trials = [u for u in units if u.kind == "trials"]
    online = {name for name, r in READINGS.items() if ONLINE in r.stages}
    assert {u.settings["reading"] for u in trials} == online
    assert {u.needs for u in trials} == {("offline/default/seed0/pretrain",)}
    assert {(u.settings["first_seed"], u.settings["trials"]) for u in trials} == {(10_000, 40)}
    before = [u for u in units if u.kind == "test" and u.settings["when"] != "after"]
    assert {u.settings["reading"] for u in before} == {DEFAULT}
    assert {u.needs for u in before} == {("offline/default/seed0/pretrain",)}
    scenes = {u.settings["when"]: (u.settings["first_seed"], u.settings["tests"]) for u in before}
    assert scenes == {"before": (1000, 40), "start": (10_000, 40)}


def test_one_pretraining_serves_both_stages():
    units = readings_units(ReadingsPlan(readings=("paper_betas", "temperature")))
    starts = [u.path for u in units if u.kind == "pretrain"]
    assert starts == ["offline/default/seed0/pretrain", "offline/paper_betas/seed0/pretrain"]


def test_weights_from_elsewhere_are_each_seeds_own(tmp_path: Path):
    plan = ReadingsPlan(
        readings=("temperature",), seeds=(0, 1), pretrained=str(tmp_path / "w{seed}.safetensors")
    )
    with pytest.raises(PlanError, match=r"w0\.safetensors is no file"):
        plan.check()
    for seed in plan.seeds:
        plan.weights_of(seed).touch()
    plan.check()
    adopted = [u.settings["adopted"] for u in readings_units(plan) if u.kind == "pretrain"]
    assert adopted == [str(tmp_path / f"w{seed}.safetensors") for seed in (0, 1)]


def test_a_reading_brings_along_what_it_is_compared_with():
    plan = ReadingsPlan(readings=("direct_cloning",), stages=(ONLINE,))
    assert plan.chosen(ONLINE) == [DEFAULT, "direct_value", "direct_cloning"]
    assert plan.chosen(OFFLINE) == []


def test_what_the_preset_reads_so_already_is_left_out_and_refused_when_asked_for():
    assert "optimistic_cost" in ReadingsPlan(preset="tiny").chosen(OFFLINE)
    assert "paper_betas" not in ReadingsPlan(preset="tiny").chosen(OFFLINE)
    with pytest.raises(PlanError, match=r"'tiny' .* reads it so already .actor.beta_reward=10"):
        ReadingsPlan(readings=("paper_betas",), preset="tiny").check()


def test_a_reading_of_the_other_stage_or_of_none_is_refused():
    with pytest.raises(PlanError, match="temperature: it belongs to --stage online"):
        ReadingsPlan(readings=("temperature",), stages=(OFFLINE,)).check()
    with pytest.raises(ConfigError, match=r"unknown reading 'tepid'; choose of default, raw"):
        ReadingsPlan(readings=("tepid",)).check()
    with pytest.raises(ConfigError, match="choose offline, online or all"):
        stages_named("ofline")
    assert stages_named("all") == STAGES


def test_the_page_of_open_readings_names_each_of_them_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "results" / "readings.md").read_text()
    assert set(READINGS) - {DEFAULT} <= set(re.findall(r"`(\w+)`", page))
    assert set(re.findall(r"→\s*`(\w+)`", page)) <= set(READINGS)
