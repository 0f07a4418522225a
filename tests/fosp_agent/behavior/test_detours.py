"""Ways around: every direction once, for some steps, and then the policy alone."""

from __future__ import annotations

import torch

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.detours import detours, pushes
from fosp_agent.config import load_preset
from fosp_agent.named_settings import PLANNED

SIDEWAYS = PlanningConfig(detour=(0.0, 1.0, 0.5), detour_steps=2)


def test_every_direction_is_there_once_and_standing_aside_is_none():
    found = {tuple(row) for row in pushes(SIDEWAYS, 3).tolist()}
    expected = {(0.0, y, z) for y in (-1.0, 0.0, 1.0) for z in (-0.5, 0.0, 0.5)} - {(0.0, 0.0, 0.0)}
    assert found == expected
    assert len(pushes(SIDEWAYS, 3)) == len(expected)


def test_a_course_is_pushed_for_its_first_steps_and_then_the_policy_acts_alone():
    own = torch.tensor([0.2, 0.1, -0.3])
    itinerary = detours(SIDEWAYS, {"new": own}, horizon=4)
    act = itinerary.acting({"new": lambda x: own.expand(len(x), -1)}, particles=1)
    features = torch.zeros(8, 5)
    pushed = (own + pushes(SIDEWAYS, 3)).clamp(-1, 1)
    for step, expected in enumerate((pushed, pushed, own.expand(8, -1), own.expand(8, -1))):
        torch.testing.assert_close(act(step, features), expected)


def test_each_policy_is_pushed_from_its_own_action_and_goes_on_by_itself():
    own = {"offline": torch.tensor([0.2, 0.1, -0.3]), "new": torch.tensor([-0.4, 0.0, 0.1])}
    together = detours(SIDEWAYS, own, horizon=4)
    policies = {name: lambda x, a=a: a.expand(len(x), -1) for name, a in own.items()}
    act = together.acting(policies, particles=2)
    alone = [detours(SIDEWAYS, {name: a}, horizon=4) for name, a in own.items()]
    assert together.policies == (*alone[0].policies, *alone[1].policies)
    for step in range(4):
        parts = [one.acting(policies, particles=2)(step, torch.zeros(16, 5)) for one in alone]
        torch.testing.assert_close(act(step, torch.zeros(32, 5)), torch.cat(parts))


def test_no_push_leaves_the_range_of_actions():
    far = PlanningConfig(detour=(9.0,), detour_steps=4)
    itinerary = detours(far, {"new": torch.tensor([0.9])}, horizon=4)
    act = itinerary.acting({"new": lambda x: torch.full((len(x), 1), 0.9)}, particles=2)
    for step in range(4):
        assert act(step, torch.zeros(4, 5)).abs().max() <= 1.0


def test_components_without_a_number_are_not_pushed_and_numbers_without_one_are_left_out():
    """The named setting serves arms of six components and vehicles of two."""
    assert pushes(PlanningConfig(detour=(1.0,)), 3)[:, 1:].abs().max() == 0
    assert pushes(PlanningConfig(detour=(1.0, 1.0, 1.0)), 2).shape == (8, 2)


def test_components_may_be_pushed_less_far_or_not_at_all_the_other_way():
    around = PlanningConfig(detour=(1.0, 0.5, 0.0), detour_back=(0.0, 0.2, 0.4))
    found = {tuple(round(x, 3) for x in row) for row in pushes(around, 3).tolist()}
    every = {(x, y, z) for x in (0.0, 1.0) for y in (-0.2, 0.0, 0.5) for z in (-0.4, 0.0)}
    assert found == every - {(0.0, 0.0, 0.0)}
    assert len(pushes(around, 3)) == len(found)


def test_planning_never_pushes_an_arm_back():
    found = pushes(load_preset("small", dict(PLANNED)).planning, 6)
    assert float(found[:, 0].min()) == 0.0
    assert float(found[:, 1].min()) == float(found[:, 2].min()) == -1.0
