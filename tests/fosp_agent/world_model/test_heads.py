"""Reward, cost and continuation."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from fosp_agent.world_model.heads import BernoulliCost, ContinueHead, RewardHead, TwoHotCost


def with_outputs(head: nn.Module, outputs: Tensor) -> nn.Module:
    """Let the head's network say ``outputs`` whatever it is shown."""
    mlp = head.mlp
    assert isinstance(mlp, nn.Module)
    nn.init.zeros_(mlp.output.weight)
    mlp.output.bias.data.copy_(outputs)
    return head


@pytest.fixture
def features() -> Tensor:
    return torch.randn(3, 9)


COST = torch.tensor([0.0, 1.0, 1.0])


def test_contacts_weigh_ten_times_in_the_cost_loss(make_config, features: Tensor):
    head = with_outputs(BernoulliCost(9, make_config().world_model), torch.zeros(1))
    expected = math.log(2) * torch.tensor([1.0, 10.0, 10.0])
    torch.testing.assert_close(head.loss(features, COST), expected)


def test_a_twohot_cost_weighs_contacts_alike(make_config, features: Tensor):
    config = make_config().world_model
    head = TwoHotCost(9, config)
    expected = math.log(config.bins) * torch.tensor([1.0, 10.0, 10.0])
    torch.testing.assert_close(head.loss(features, COST), expected)


def test_a_twohot_cost_is_a_probability_by_mass_not_by_its_mean(make_config, features: Tensor):
    config = make_config().world_model
    head = TwoHotCost(9, config)
    mass = 0.9 * head.values.encode(torch.tensor(0.0)) + 0.1 * head.values.encode(torch.tensor(3.0))
    with_outputs(head, torch.log(mass + 1e-9))
    torch.testing.assert_close(head.probability(features), torch.full((3,), 0.1), atol=1e-3, rtol=0)


def test_what_spills_over_from_no_cost_is_no_cost(make_config, features: Tensor):
    head = TwoHotCost(9, make_config().world_model)
    spilled = head.values.encode(torch.tensor(0.0)).roll(1)  # on the first bin above 0
    assert 0 < (spilled * head.values.bins).sum() < 0.5
    with_outputs(head, torch.log(spilled + 1e-9))
    torch.testing.assert_close(head.probability(features), torch.zeros(3), atol=1e-5, rtol=0)


def test_debiasing_takes_the_weights_shift_of_the_odds_back(make_config, features: Tensor):
    config = make_config({"world_model.cost_debias": True}).world_model
    shifted = math.log(0.2 / 0.8) + math.log(config.cost_weight)
    head = with_outputs(BernoulliCost(9, config), torch.tensor([shifted]))
    torch.testing.assert_close(head.probability(features), torch.full((3,), 0.2))


def test_the_continue_head_predicts_that_the_task_does_not_end(make_config, features: Tensor):
    head = with_outputs(ContinueHead(9, make_config().world_model), torch.tensor([3.0]))
    torch.testing.assert_close(head(features), torch.full((3,), torch.sigmoid(torch.tensor(3.0))))
    loss = head.loss(features, torch.tensor([False, True, False]))
    assert loss[1] > loss[0]


def test_an_untrained_reward_head_predicts_exactly_zero(make_config, features: Tensor):
    head = RewardHead(9, make_config().world_model)
    assert torch.equal(head(features), torch.zeros(3))
