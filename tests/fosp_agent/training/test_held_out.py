"""Measures on held-out episodes."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.training.held_out import (
    area_under_curve,
    calibration_error,
    held_out_metrics,
    whole_episodes,
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
    exact = calibration_error(probability, np.array([False, False, True, True]))
    assert exact == pytest.approx(0.05)
    wrong = calibration_error(probability, np.array([True, True, True, False]))
    assert wrong == pytest.approx(0.5 * 0.95 + 0.5 * 0.45)
    assert calibration_error(np.array([1.0]), np.array([True])) == 0.0


def test_measuring_is_finite_repeatable_and_draws_no_luck(make_config, make_episode):
    networks = FospNetworks(make_config())
    cost = np.array([0, 0, 0, 1, 1, 0, 0, 0], np.float32)
    episodes = [make_episode("a-1", cost=cost), make_episode("a-2", cost=cost)]
    before = torch.get_rng_state()
    metrics = held_out_metrics(networks, episodes)
    assert torch.equal(before, torch.get_rng_state())
    assert all(math.isfinite(value) for value in metrics.values()), metrics
    assert metrics == held_out_metrics(networks, episodes)
    for name in ("image", "cost", "cost_auc", "cost_at_contact", "reachability_auc", "cloning"):
        assert f"held_out/{name}" in metrics


def test_episodes_of_different_lengths_are_cut_to_the_shortest(make_episode):
    batch = whole_episodes([make_episode("a-1", length=6), make_episode("a-2", length=9)])
    assert batch.image.shape == (2, 6, 64, 64, 3)
    assert batch.is_first.sum(1).tolist() == [1, 1]
