"""Reachability: the probability that a violation lies ahead."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.behavior.reachability import (
    Reachability,
    reachability_loss,
    reachability_target,
)

GAMMA = 0.99


def test_before_a_hazard_the_target_is_one_discounted_by_the_distance():
    labels = torch.tensor([[0.0], [0.0], [1.0], [0.0]])
    target = reachability_target(labels, torch.zeros(1), torch.ones(3, 1), GAMMA)
    torch.testing.assert_close(target, torch.tensor([[GAMMA**2], [GAMMA], [1.0], [0.0]]))


def test_a_hazard_beyond_the_end_is_seen_through_the_bootstrap():
    target = reachability_target(torch.zeros(3, 1), torch.tensor([0.5]), torch.ones(2, 1), GAMMA)
    torch.testing.assert_close(target, torch.tensor([[0.5 * GAMMA**2], [0.5 * GAMMA], [0.5]]))


def test_probabilities_serve_as_labels_in_imagination():
    violation = torch.tensor([[0.1], [0.7], [0.2]])
    target = reachability_target(violation, torch.tensor([0.3]), torch.ones(2, 1), GAMMA)
    torch.testing.assert_close(target, torch.tensor([[0.7 * GAMMA], [0.7], [0.3]]))


def test_a_hazard_in_the_next_episode_is_not_ahead():
    labels = torch.tensor([[0.0], [0.0], [1.0]])
    follows = torch.tensor([[1.0], [0.0]])
    target = reachability_target(labels, torch.zeros(1), follows, GAMMA)
    assert target.flatten().tolist() == [0.0, 0.0, 1.0]


def test_targets_stay_in_zero_to_one():
    for _ in range(20):
        target = reachability_target(
            torch.rand(9, 4).round(decimals=1), torch.rand(4), torch.rand(8, 4), GAMMA
        )
        assert target.min() >= 0
        assert target.max() <= 1


@pytest.mark.parametrize(("hazard", "low", "high"), [(0.0, 0.0, 0.1), (1.0, 0.9, 1.0)])
def test_p_falls_to_zero_in_a_safe_loop_and_rises_to_one_beside_a_hazard(
    make_config, hazard: float, low: float, high: float
):
    network = Reachability(4, make_config())
    features = torch.randn(3, 1, 4)
    labels = torch.tensor([[0.0], [0.0], [hazard]])
    adam = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(80):
        with torch.no_grad():  # the last state loops back to itself
            target = reachability_target(labels, network(features[-1]), torch.ones(2, 1), GAMMA)
        adam.zero_grad()
        reachability_loss(network, features, target).backward()
        adam.step()
    p = network(features)
    assert p.min() >= low
    assert p.max() <= high


def test_feasibility_is_one_minus_p_without_a_graph(make_config):
    network, features = Reachability(4, make_config()), torch.randn(5, 4)
    torch.testing.assert_close(network.feasibility(features), 1 - network(features).detach())
    assert not network.feasibility(features).requires_grad


def test_switched_off_everything_is_feasible(make_config):
    network = Reachability(4, make_config({"reachability.enabled": False}))
    assert torch.equal(network.feasibility(torch.randn(5, 4)), torch.ones(5))


def test_rows_drawn_too_often_count_less(make_config):
    """Three of four rows are dangerous because they were sought: weighted, one in two is."""
    network = Reachability(4, make_config())
    features = torch.ones(1, 4, 4)
    target = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    weight = torch.tensor([1 / 3, 1 / 3, 1 / 3, 1.0])
    adam = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(200):
        adam.zero_grad()
        reachability_loss(network, features, target, weight).backward()
        adam.step()
    assert network(features[0, 0]).item() == pytest.approx(0.5, abs=0.02)
