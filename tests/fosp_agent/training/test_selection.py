"""The best checkpoint is kept; training stops early only where it is asked to."""

from __future__ import annotations

import pytest

from fosp_agent.training.selection import Selection, cost_score


def cloning(loss: float) -> dict[str, float]:
    return {"held_out/cloning": loss}


def test_the_cost_criterion_is_the_mean_of_auc_minus_calibration_error():
    metrics = {"held_out/cloning": 3.0}
    for name, auc, error in (("cost", 0.9, 0.1), ("cost_open_15", 0.8, 0.2)):
        metrics[f"held_out/{name}_auc"] = auc
        metrics[f"held_out/{name}_calibration_error"] = error
    assert cost_score(metrics) == pytest.approx(0.7)
    metrics |= {"held_out/reachability_auc": 0.2, "held_out/reachability_calibration_error": 0.1}
    assert cost_score(metrics) == pytest.approx((0.8 + 0.6 + 0.1) / 3)


def test_without_a_violation_the_cost_criterion_goes_by_cloning():
    assert cost_score(cloning(2.5) | {"held_out/cost_calibration_error": 0.1}) == -2.5


def test_the_best_is_the_highest_score_and_a_tie_keeps_the_first():
    selection = Selection("cloning", 0)
    found = [selection.consider(s, cloning(x)) for s, x in ((1, 3.0), (2, 2.0), (3, 2.0), (4, 5))]
    assert found == [True, True, False, False]
    assert (selection.score, selection.step) == (-2.0, 2)
    assert not selection.exhausted


def test_early_stopping_waits_for_its_patience_also_across_a_resume():
    selection = Selection("cloning", 2)
    for step, loss in ((1, 2.0), (2, 3.0)):
        selection.consider(step, cloning(loss))
        assert not selection.exhausted
    resumed = Selection("cloning", 2)
    resumed.load_state_dict(selection.state_dict())
    resumed.consider(3, cloning(4.0))
    assert resumed.exhausted
    assert resumed.step == 1
