"""Ranking and calibration of predicted probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fosp_agent.training.calibration import (
    area_under_curve,
    calibration_error,
    probability_quality,
    quality,
    reliability,
)


@pytest.mark.parametrize(
    ("score", "positive", "auc"),
    [
        ([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], 1.0),
        ([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1], 0.0),
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([0.5, 0.5, 0.5, 0.5], [0, 0, 1, 1], 0.5),
    ],
)
def test_auc_is_the_odds_that_a_positive_ranks_above_a_negative(
    score: list[float], positive: list[int], auc: float
):
    assert area_under_curve(np.array(score), np.array(positive, bool)) == pytest.approx(auc)


def test_auc_of_one_class_is_no_number():
    assert math.isnan(area_under_curve(np.array([0.1, 0.9]), np.array([True, True])))


def test_calibration_error_is_the_mean_gap_between_odds_and_outcome():
    probability = np.array([0.05, 0.05, 0.95, 0.95])
    exact = calibration_error(probability, np.array([0.0, 0, 1, 1]))
    assert exact == pytest.approx(0.05)
    wrong = calibration_error(probability, np.array([1.0, 1, 1, 0]))
    assert wrong == pytest.approx(0.5 * 0.95 + 0.5 * 0.45)
    assert calibration_error(np.array([1.0]), np.array([1.0])) == 0.0


def test_a_reliability_diagram_holds_means_and_shares_of_ten_bins():
    diagram = reliability(np.array([0.0, 0.04, 0.55, 1.0]), np.array([0.0, 1.0, 0.25, 1.0]))
    assert len(diagram.share) == 10
    assert diagram.share.tolist() == [0.5, 0, 0, 0, 0, 0.25, 0, 0, 0, 0.25]
    assert diagram.predicted[0] == pytest.approx(0.02)
    assert diagram.observed[0] == pytest.approx(0.5)
    assert math.isnan(diagram.predicted[1])
    assert diagram.error == pytest.approx(0.5 * 0.48 + 0.25 * 0.3)


def test_a_discounted_outcome_calibrates_against_its_value_and_ranks_by_its_event():
    probability, outcome = np.array([0.5, 0.9, 0.1]), np.array([0.5, 0.9, 0.0])
    found = probability_quality(probability, outcome > 0, outcome)
    assert found.auc == 1.0
    assert found.calibration_error == pytest.approx(0.1 / 3)
    assert found.at_positives == pytest.approx(0.7)
    assert found.at_negatives == pytest.approx(0.1)


def test_a_score_without_probabilities_ranks_only():
    found = quality(np.array([7.0, -3.0]), np.array([True, False]))
    assert found.auc == 1.0
    assert math.isnan(found.calibration_error)
