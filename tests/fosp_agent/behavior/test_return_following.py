"""Actors and state values that follow imagined returns: direction, and what counts how much."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from fakes.imagining import make_loud
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.behavior.return_following import follow_dynamics, follow_score
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior.state_value import StateValue, value_regression
from fosp_agent.config import AgentConfig

H, N, SIZE = 3, 2, 4


@pytest.fixture
def config(make_config) -> AgentConfig:
    config: AgentConfig = make_config()
    return replace(config, critic=replace(config.critic, gamma=0.5, slow_regularizer=0.0))


@pytest.fixture
def rollout() -> Rollout:
    """Its second course begins in a terminal state."""
    proceed = torch.ones(H + 1, N)
    proceed[0, 1] = 0.0
    nothing = torch.zeros(H, N)
    return Rollout(
        torch.randn(H + 1, N, SIZE),
        torch.rand(H, N, 6) - 0.5,
        nothing,
        nothing,
        torch.zeros(H + 1, N),
        proceed,
    )


WEIGHT = torch.tensor([[1.0, 0.0], [0.5, 0.0], [0.25, 0.0]])


def test_the_imagined_return_is_raised_by_as_much_as_its_state_counts(
    config: AgentConfig, rollout: Rollout
):
    gain = torch.randn(H, N, requires_grad=True)
    loss = follow_dynamics(Actor(SIZE, config), gain, rollout, 0.0, config.critic)
    torch.testing.assert_close(torch.autograd.grad(loss, gain)[0], -WEIGHT / WEIGHT.numel())


def test_a_drawn_action_becomes_likelier_by_its_advantage(config: AgentConfig, rollout: Rollout):
    actor, advantage = Actor(SIZE, config), torch.randn(H, N)
    likely = actor(rollout.features[:-1]).log_prob(rollout.action)
    expected = -(WEIGHT * advantage * likely).mean()
    torch.testing.assert_close(
        follow_score(actor, advantage, rollout, 0.0, config.critic), expected
    )


def test_both_keep_the_policys_entropy_up(config: AgentConfig, rollout: Rollout):
    actor, nothing = Actor(SIZE, config), torch.zeros(H, N)
    expected = -(WEIGHT * 2.0 * actor(rollout.features[:-1]).entropy()).mean()
    for follow in (follow_dynamics, follow_score):
        loss = follow(actor, nothing, rollout, 2.0, config.critic)
        torch.testing.assert_close(loss, expected)


def regression(value: StateValue, rollout: Rollout, config: AgentConfig) -> tuple[Tensor, Tensor]:
    return value_regression(value, torch.ones(H, N), rollout, config.critic)


def test_a_state_value_learns_the_return_where_its_state_is_reached(
    config: AgentConfig, rollout: Rollout
):
    value = StateValue(SIZE, config)
    make_loud(value.v)
    loss, target = regression(value, rollout, config)
    expected = imagined_return(torch.ones(H, N), value, rollout, config.critic)
    torch.testing.assert_close(target, expected)
    errors = value.v.values.loss(value.v.logits(rollout.features[:-1]), expected.detach())
    torch.testing.assert_close(loss, (WEIGHT * errors).sum() / WEIGHT.sum())


def test_a_state_values_pull_to_its_slow_copy_is_a_switch(config: AgentConfig, rollout: Rollout):
    value = StateValue(SIZE, config)
    make_loud(value.slow_v)
    pulled = replace(config, critic=replace(config.critic, slow_regularizer=1.0))
    with torch.no_grad():
        slow = value.slow_v(rollout.features[:-1])
    errors = value.v.values.loss(value.v.logits(rollout.features[:-1]), slow)
    difference = regression(value, rollout, pulled)[0] - regression(value, rollout, config)[0]
    torch.testing.assert_close(difference, (WEIGHT * errors).sum() / WEIGHT.sum())
