"""Table 3's plan: what is done, in which order, on which scenes; what is shared."""

from __future__ import annotations

import pytest

from fosp_agent.agents.variants import VARIANTS, variant_config
from fosp_agent.experiments.acting_units import FIRST_TEST_SEED
from fosp_agent.experiments.pretrainings import pretraining_config, pretraining_of
from fosp_agent.experiments.protocol import (
    PlanError,
    SafeReachPlan,
    safereach_units,
)
from fosp_agent.experiments.unit import Unit


def test_the_defaults_are_the_papers_protocol():
    plan = SafeReachPlan()
    assert plan.seeds == (0, 1, 2, 3, 4)
    assert plan.tasks == ("obstacle_shape", "target_shape", "three_obstacles")
    assert (plan.trials, plan.tests) == (40, 20)
    assert set(plan.variants) == set(VARIANTS)


def test_every_unit_comes_after_those_it_needs_and_has_a_folder_of_its_own():
    units = safereach_units(SafeReachPlan(preset="tiny", seeds=(0, 1)))
    paths = [unit.path for unit in units]
    assert len(set(paths)) == len(paths)
    for place, unit in enumerate(units):
        assert set(unit.needs) <= set(paths[:place])


def scenes(unit: Unit) -> set[int]:
    """Seeds of the scenes of a test or of trials."""
    settings = unit.settings
    number = settings["tests"] if unit.kind == "test" else settings["trials"]
    return set(range(settings["first_seed"], settings["first_seed"] + number))


def by_time(units: list[Unit], seed: int) -> dict[str, set[int]]:
    """Scenes on one task, by time."""
    here = [u for u in units if u.kind != "pretrain" and u.settings["seed"] == seed]
    there = [u for u in here if u.settings["task"] == "three_obstacles"]
    return {u.settings.get("when", "during"): scenes(u) for u in there}


def test_what_is_compared_shares_its_scenes_and_no_other_does():
    plan = SafeReachPlan(preset="tiny", variants=("fosp",), modes=("sample",))
    units = safereach_units(plan)
    every: list[set[int]] = []
    for seed in plan.seeds:
        times = by_time(units, seed)
        assert times["before"] == times["after"]
        assert times["start"] == times["during"]
        every += [times["before"], times["start"]]
    assert by_time(units, 0)["before"] == set(range(FIRST_TEST_SEED, FIRST_TEST_SEED + 20))
    assert len(set.union(*every)) == sum(map(len, every)) == 5 * (20 + 40)


def test_in_the_scenes_of_the_trials_the_pretrained_policy_acts_as_the_trials_do():
    plan = SafeReachPlan(preset="tiny", variants=("fosp",), seeds=(0,), modes=("greedy",))
    found = [u for u in safereach_units(plan) if u.settings.get("when") == "start"]
    assert len(found) == len(plan.tasks)
    for unit in found:
        assert (unit.needs, unit.settings["mode"]) == (("pretrain/fosp/seed0",), "sample")


@pytest.mark.parametrize(
    "options", [{"tests": 101}, {"trials": 1001}, {"seeds": (90,)}, {"seeds": (-1, 0)}]
)
def test_a_plan_whose_scenes_would_overlap_is_refused(options: dict[str, object]):
    with pytest.raises(PlanError, match="share scenes"):
        SafeReachPlan(preset="tiny", variants=("fosp",), **options).check()


def test_one_pretraining_serves_the_variants_that_differ_online_only():
    plan = SafeReachPlan(preset="tiny", variants=("fosp", "no_expansion"), seeds=(0,))
    units = safereach_units(plan)
    assert [u.path for u in units if u.kind == "pretrain"] == ["pretrain/fosp/seed0"]
    assert {u.needs for u in units if u.kind == "trials"} == {("pretrain/fosp/seed0",)}
    configs = {u.path.split("/")[0]: u.config for u in units if u.kind == "trials"}
    assert configs["fosp"]["expansion"]["enabled"]
    assert not configs["no_expansion"]["expansion"]["enabled"]


@pytest.mark.parametrize("name", ["no_in_sample", "no_reachability", "no_lagrangian", "dreamerv3"])
def test_a_variant_that_learns_otherwise_offline_is_pretrained_by_itself(name: str):
    assert pretraining_of(name, "tiny", {}) == name


def test_what_a_pretraining_is_does_not_depend_on_which_variants_are_asked_for():
    alone = safereach_units(SafeReachPlan(preset="tiny", variants=("no_expansion",), seeds=(0,)))
    both = safereach_units(
        SafeReachPlan(preset="tiny", variants=("no_expansion", "fosp"), seeds=(0,))
    )
    prints = {u.path: u.fingerprint for u in both}
    assert all(prints[u.path] == u.fingerprint for u in alone)


def test_a_pretrainings_config_differs_from_its_variants_in_online_settings_only():
    config = variant_config("no_expansion", "small")
    before, after = config.to_dict(), pretraining_config(config).to_dict()
    changed = {key for key in before if before[key] != after[key]}
    assert changed <= {"expansion", "planning", "shield", "actor"}
    actor = {key for key in before["actor"] if before["actor"][key] != after["actor"][key]}
    assert all(key.startswith("online_") for key in actor)


def test_a_plan_without_agents_is_refused():
    with pytest.raises(PlanError, match="at least one variant"):
        SafeReachPlan(variants=()).check()


def test_weights_from_elsewhere_take_the_place_of_a_pretraining(tmp_path):
    path = tmp_path / "weights.safetensors"
    plan = SafeReachPlan(preset="tiny", variants=("fosp",), pretrained={"fosp": path})
    (first, *_others) = safereach_units(plan)
    assert first.settings["adopted"] == str(path)
    assert "steps" not in first.settings
    with pytest.raises(PlanError, match="is no file"):
        plan.check()


def test_weights_for_a_variant_that_shares_a_pretraining_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.touch()
    plan = SafeReachPlan(preset="tiny", pretrained={"no_expansion": path})
    with pytest.raises(PlanError, match="begins with the pretraining of fosp"):
        plan.check()
