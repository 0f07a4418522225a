"""Weights of the offline policy (eq. 19) and its loss (eq. 20)."""

from __future__ import annotations

import math

import pytest
import torch

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.offline import advantage_weight, cloning_loss
from fosp_agent.behavior_config import ActorConfig

CONFIG = ActorConfig(beta_reward=2.0, beta_cost=3.0, weight_clip=100.0)


def weight(reward: float, cost: float, feasibility: float, config: ActorConfig = CONFIG) -> float:
    tensors = (torch.tensor([x]) for x in (reward, cost, feasibility))
    return advantage_weight(*tensors, config).item()


def test_the_weight_is_that_of_the_paper():
    expected = 0.7 * math.exp(2 * 0.5) + 0.3 * math.exp(-3 * 0.4)
    assert weight(0.5, 0.4, 0.7) == pytest.approx(expected, rel=1e-5)


def test_where_all_is_feasible_only_reward_counts():
    assert weight(0.5, 9.0, 1.0) == pytest.approx(math.e, rel=1e-5)


def test_where_nothing_is_feasible_only_cost_counts_and_less_is_better():
    assert weight(9.0, 0.4, 0.0) == pytest.approx(math.exp(-1.2), rel=1e-5)
    assert weight(0.0, -0.4, 0.0) > 1 > weight(0.0, 0.4, 0.0)


@pytest.mark.parametrize("reward", [3.0, 100.0, 1e30])
def test_the_weight_is_clipped(reward: float):
    assert weight(reward, 0.0, 1.0) == pytest.approx(100.0, rel=1e-4)
    assert weight(0.0, -reward, 0.0) == pytest.approx(100.0, rel=1e-4)


def test_behaviour_cloning_weighs_all_alike():
    assert weight(5.0, 5.0, 0.5, ActorConfig(weighting="uniform")) == 1.0


def test_the_loss_makes_weighted_actions_likelier(make_config):
    actor = Actor(4, make_config())
    features, action = torch.ones(1, 4).expand(2, 4), torch.tensor([[-0.8], [0.8]]).expand(2, 6)
    adam = torch.optim.Adam(actor.parameters(), lr=0.02)
    for _ in range(150):
        adam.zero_grad()
        cloning_loss(actor, features, action, torch.tensor([0.0, 1.0]), 0.0).backward()
        adam.step()
    torch.testing.assert_close(actor(features).mean[0], torch.full((6,), 0.8), atol=0.05, rtol=0)


def test_entropy_widens_the_policy(make_config):
    actor = Actor(4, make_config())
    features, action = torch.ones(1, 4), torch.zeros(1, 6)
    loss = cloning_loss(actor, features, action, torch.zeros(1), 1.0)
    torch.testing.assert_close(loss, -actor(features).entropy().mean())
