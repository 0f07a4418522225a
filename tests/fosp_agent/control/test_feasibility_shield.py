"""The shield: passes, replaces, holds, and says why."""

from __future__ import annotations

import dataclasses

import pytest

from fosp_agent.acting_config import ShieldConfig
from fosp_agent.control.feasibility_shield import Outlook, guard
from fosp_agent.types import ShieldState

ON = ShieldConfig(enabled=True, feasibility=0.3, violation=0.5)
NAN = float("nan")
SAFE = Outlook("offline", cost_value=1.0, feasibility=0.9, violation=0.1)
INFEASIBLE = Outlook("new", cost_value=0.2, feasibility=0.29, violation=0.1)
VIOLATING = Outlook("new", cost_value=0.1, feasibility=0.9, violation=0.51)


def test_switched_off_it_lets_anything_act():
    verdict = guard(ShieldConfig(), [INFEASIBLE], 0)
    assert (verdict.state, verdict.index, verdict.reason) == (ShieldState.OFF, 0, "")


def test_a_feasible_choice_passes_without_a_word():
    verdict = guard(ON, [INFEASIBLE, SAFE], 1)
    assert (verdict.state, verdict.index, verdict.reason) == (ShieldState.PASSED, 1, "")


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (INFEASIBLE, "new: feasibility 0.29 under 0.30"),
        (VIOLATING, "new: predicted violation 0.51 above 0.50"),
    ],
    ids=["infeasible", "violating"],
)
def test_an_unsafe_choice_gives_way_to_the_safe_candidate_of_lowest_cost(chosen: Outlook, why: str):
    cheaper = dataclasses.replace(SAFE, policy="cloning", cost_value=0.5)
    verdict = guard(ON, [chosen, SAFE, cheaper], 0)
    assert (verdict.state, verdict.index) == (ShieldState.REPLACED, 2)
    assert why in verdict.reason
    assert "cloning acts, cost value 0.50 instead of" in verdict.reason


def test_where_no_candidate_will_do_it_holds_still_and_says_why():
    verdict = guard(ON, [INFEASIBLE, VIOLATING], 1)
    assert (verdict.state, verdict.index) == (ShieldState.HELD, None)
    assert verdict.reason == (
        "new: predicted violation 0.51 above 0.50; none of 2 candidates will do: holding still"
    )


def test_the_last_resort_may_be_the_lowest_cost_instead():
    config = dataclasses.replace(ON, last_resort="least")
    verdict = guard(config, [INFEASIBLE, VIOLATING], 0)
    assert (verdict.state, verdict.index) == (ShieldState.REPLACED, 1)


@pytest.mark.parametrize("field", ["feasibility", "violation", "cost_value"])
@pytest.mark.parametrize("resort", ["hold", "least"])
def test_what_is_not_a_number_is_never_taken_for_safe(field: str, resort: str):
    unknown = dataclasses.replace(SAFE, **{field: NAN})
    config = ShieldConfig(enabled=True, last_resort=resort)  # type: ignore[arg-type]
    assert guard(config, [unknown, SAFE], 0).index == 1
    if field == "cost_value" or resort == "hold":
        assert guard(config, [unknown], 0).state is ShieldState.HELD
