"""What differs between a training that was begun and what is asked for later."""

from __future__ import annotations

from fosp_agent.named_settings import PLANNED
from fosp_agent.overrides import changed, with_overrides
from fosp_agent.training.sameness import acting_changes


def test_acting_changes_make_weights_act_as_a_later_training_does(make_config):
    config = make_config()
    later = changed(config, {**PLANNED, "actor.beta_cost": 77.0})
    found = acting_changes(config, later)
    assert found and "actor.beta_cost" not in found
    assert with_overrides(config, found).planning == later.planning
    assert with_overrides(config, found).expansion == later.expansion
    assert acting_changes(later, later) == {}
