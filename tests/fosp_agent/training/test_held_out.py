"""Measures on held-out episodes."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.agents.registry import make_networks
from fosp_agent.behavior.reachability import discounted_violation
from fosp_agent.behavior.risk import risk_target
from fosp_agent.tensors import to_tensors
from fosp_agent.training.held_out import (
    held_out_metrics,
    look_ahead,
    measure,
    whole_episodes,
)
from fosp_agent.training.selection import cloning_score, cost_score
from fosp_agent.world_model.rssm import State


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


def test_cost_reward_and_reachability_are_measured_filtered_and_ahead(make_config, make_episode):
    networks = FospNetworks(make_config())
    label = np.array([0, 0, 0, 1, 1, 0, 0, 0], np.float32)
    found = measure(networks, [make_episode("a-1", cost=label, reward=label)])
    counts = {name: (s.total, s.positives) for name, s in found.signals.items()}
    assert counts == {
        "cost": (8, 2),
        "cost_open_1": (7, 2),
        "cost_open_5": (3, 0),
        "cost_onset_open_1": (5, 1),
        "cost_onset_open_5": (3, 0),
        "reachability": (8, 5),
        "reward": (8, 2),
        "reward_open_1": (7, 2),
        "reward_open_5": (3, 0),
    }
    assert found.signals["cost_open_1"].reliability is not None
    assert found.signals["reward"].reliability is None
    metrics = found.metrics()
    assert "held_out/cost_open_1_calibration_error" in metrics
    assert "held_out/cost_open_5_auc" not in metrics  # no contact there: no number


def test_without_any_contact_there_is_no_auc_and_no_error(make_config, make_episode):
    metrics = held_out_metrics(FospNetworks(make_config()), [make_episode(cost=np.zeros(8, "f4"))])
    assert "held_out/cost_auc" not in metrics
    assert math.isfinite(metrics["held_out/cost_calibration_error"])


def test_episodes_of_different_lengths_are_measured_whole(make_config, make_episode):
    episodes = [make_episode("a-1", length=6), make_episode("a-2", length=9)]
    episodes += [make_episode("a-3", length=9)]
    batches = list(whole_episodes(episodes, rows=1))
    assert [b.image.shape[:2] for b in batches] == [(1, 6), (1, 9), (1, 9)]
    assert [b.is_first.sum() for b in batches] == [1, 1, 1]
    assert measure(FospNetworks(make_config()), episodes).signals["cost"].total == 24


def test_the_reachability_target_is_the_discounted_worst_case_of_the_rest_of_the_episode():
    cost = torch.tensor([[0.0, 2.0, 0.0, 0.0, 1.0, 0.0]])
    target = discounted_violation(cost, 0.5)
    torch.testing.assert_close(target, torch.tensor([[0.5, 1.0, 0.25, 0.5, 1.0, 0.0]]))


def test_an_agent_that_learns_no_cost_has_no_cost_measured(make_config, make_episode):
    networks = make_networks(make_config({"agent": "dreamerv3", "world_model.cost_scale": 0.0}))
    cost = np.array([0, 0, 0, 1, 1, 0, 0, 0], np.float32)
    found = measure(networks, [make_episode("a-1", cost=cost, reward=cost)])
    assert set(found.signals) == {"reward", "reward_open_1", "reward_open_5"}
    assert cost_score(found.metrics()) == cloning_score(found.metrics())


def test_recovery_rl_is_measured_against_what_its_risk_is_to_be(make_config):
    """Q_risk that is right everywhere has no error: the violation counts from the next state on."""
    networks = make_networks(make_config({"agent": "recovery_rl", "recovery_rl.gamma": 0.5}))
    cost = torch.tensor([[0.0, 0.0, 2.0, 0.0, 1.0]])
    right = torch.zeros(1, 5)
    for t in reversed(range(4)):
        label = (cost[:, t + 1] > 0).float()
        right[:, t] = risk_target(label, right[:, t + 1], torch.ones(1), 0.5)
    torch.testing.assert_close(networks.violation_label(cost), right)


def test_looking_ahead_takes_the_recorded_actions_from_each_state(
    make_config, make_batch, monkeypatch
):
    """The prediction for observation t + K starts at s_t and takes a_t .. a_(t+K-1)."""
    model = FospNetworks(make_config()).world_model
    data = to_tensors(make_batch())

    def add_up(state: State, action: Tensor) -> State:
        return State(state.deter + action[:, :1], state.stoch)

    monkeypatch.setattr(model.rssm, "imagine_step", add_up)
    start = torch.arange(5.0).expand(3, 5).unsqueeze(-1)
    states = State(100 * start, torch.zeros(3, 5, 0))
    found = dict(look_ahead(model, states, data.action, 15))
    assert sorted(found) == [1, 2, 3, 4]
    taken = data.action[..., 0]
    for k, features in found.items():
        for t in range(5 - k):
            expected = 100.0 * t + taken[:, t : t + k].sum(1)
            torch.testing.assert_close(features[:, t, 0], expected)
