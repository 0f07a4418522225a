"""Weights of the new policy (eq. 23) and its two losses."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.online import score_loss, signed_weight, value_loss
from fosp_agent.behavior_config import ActorConfig

CONFIG = ActorConfig(beta_reward=2.0, beta_cost=3.0)


def test_the_weight_is_that_of_the_paper():
    tensors = (torch.tensor([x]) for x in (0.5, 0.4, 0.7))
    expected = 0.7 * 2 * 0.5 - 0.3 * 3 * 0.4
    assert signed_weight(*tensors, CONFIG).item() == pytest.approx(expected, rel=1e-5)


def test_the_score_function_makes_good_actions_likelier_and_bad_ones_less_likely(make_config):
    actor = Actor(4, make_config())
    features, action = torch.ones(1, 4), torch.full((1, 6), 0.5)
    before = actor(features).log_prob(action).item()
    for sign in (1.0, -1.0):
        moved = Actor(4, make_config())
        moved.load_state_dict(actor.state_dict())
        step = torch.optim.SGD(moved.parameters(), lr=0.01)
        score_loss(moved, features, action, torch.tensor([sign]), 0.0).backward()
        step.step()
        assert sign * (moved(features).log_prob(action).item() - before) > 0


def test_the_value_gradient_follows_the_weight_uphill(make_config):
    actor = Actor(4, make_config())
    features = torch.ones(64, 4)
    adam = torch.optim.Adam(actor.parameters(), lr=0.02)
    for _ in range(100):
        adam.zero_grad()
        weight = -(actor(features).sample() - 0.5).square().sum(-1)
        value_loss(weight, actor, features, 0.0).backward()
        adam.step()
    torch.testing.assert_close(actor(features).mean, torch.full((64, 6), 0.5), atol=0.15, rtol=0)
