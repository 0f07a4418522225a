"""Gradient steps and running ranges."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from fosp_agent.nn.optim import NonFiniteLoss, Optimizer, RunningRange, frozen


def optimizer(module: nn.Module, rate: float = 0.1) -> Optimizer:
    return Optimizer("judge", [module], learning_rate=rate, clip=1.0)


def test_a_step_goes_downhill_and_reports_the_unclipped_norm():
    module = nn.Linear(1, 1, bias=False)
    before = module.weight.detach().clone()
    norm = optimizer(module).step(30 * module.weight.sum())
    assert norm == pytest.approx(30.0)
    assert bool(module.weight < before)
    assert module.weight.grad is None


def test_what_adam_sees_is_no_longer_than_the_clip(monkeypatch):
    module = nn.Linear(2, 1, bias=False)
    judge, seen = optimizer(module), []
    monkeypatch.setattr(judge.adam, "step", lambda: seen.append(module.weight.grad.clone()))
    judge.step((module.weight * torch.tensor([[30.0, 40.0]])).sum())
    judge.step((module.weight * torch.tensor([[0.3, 0.4]])).sum())
    torch.testing.assert_close(seen[0], torch.tensor([[0.6, 0.8]]), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(seen[1], torch.tensor([[0.3, 0.4]]))


def test_a_nan_loss_names_the_part_and_changes_nothing():
    module = nn.Linear(2, 1)
    before = [p.detach().clone() for p in module.parameters()]
    with pytest.raises(NonFiniteLoss, match="loss of judge is not finite"):
        optimizer(module).step(module(torch.full((1, 2), float("nan"))).sum())
    assert all(torch.equal(a, b) for a, b in zip(before, module.parameters(), strict=True))


def test_a_nan_gradient_of_a_finite_loss_changes_nothing():
    module = nn.Linear(1, 1, bias=False)
    before = module.weight.detach().clone()
    with pytest.raises(NonFiniteLoss, match="gradient of judge") as caught:
        optimizer(module).step((0 * module.weight).sqrt().sum())
    assert torch.equal(before, module.weight)
    assert module.weight.grad is None
    assert caught.value.terms == ("weight",)


def test_only_the_weights_whose_gradient_is_broken_are_named():
    module = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    loss = (0 * module[0].weight).sqrt().sum() + module[1].weight.sum()
    with pytest.raises(NonFiniteLoss) as caught:
        optimizer(module).step(loss)
    assert caught.value.terms == ("0.weight",)


def test_the_terms_that_are_not_finite_are_named():
    weight = nn.Linear(1, 1).weight
    terms = {"reward": weight.sum(), "cost": weight.log().sum() * float("nan"), "pose": 0.5}
    module = nn.Linear(1, 1)
    with pytest.raises(NonFiniteLoss, match="the loss of judge is not finite: cost;") as caught:
        optimizer(module).step(terms["reward"] + terms["cost"], terms)
    assert caught.value.part == "judge"
    assert caught.value.terms == ("cost",)


def test_only_the_named_modules_receive_a_gradient():
    mine, other = nn.Linear(1, 1), nn.Linear(1, 1)
    optimizer(mine).step(other(mine(torch.ones(1, 1))).sum())
    assert other.weight.grad is None


def test_frozen_lets_gradients_through_but_not_in():
    gate, source = nn.Linear(1, 1), torch.ones(1, 1, requires_grad=True)
    with frozen([gate]):
        loss = gate(source).sum()
    assert torch.autograd.grad(loss, source)[0] == gate.weight
    assert all(p.requires_grad for p in gate.parameters())


def test_frozen_leaves_parameters_frozen_that_were_so_before():
    gate = nn.Linear(1, 1).requires_grad_(False)
    with frozen([gate]):
        pass
    assert not any(p.requires_grad for p in gate.parameters())


def test_the_range_spans_the_5th_to_the_95th_percentile_and_then_moves_slowly():
    values = RunningRange(decay=0.9, floor=0.01)
    values.update(torch.linspace(0, 100, 101))
    assert float(values.scale()) == pytest.approx(90.0)
    values.update(torch.zeros(50))
    assert float(values.low) == pytest.approx(4.5)
    assert float(values.high) == pytest.approx(85.5)


def test_the_range_never_falls_below_its_floor():
    values = RunningRange(floor=0.25)
    values.update(torch.ones(10))
    assert float(values.scale()) == 0.25


def test_the_range_is_saved():
    values, other = RunningRange(), RunningRange()
    values.update(torch.linspace(0, 100, 101))
    other.load_state_dict(values.state_dict())
    assert other.scale() == values.scale() > 1
    assert int(other.updates) == 1


def test_a_step_moves_the_weights_of_a_channels_last_convolution_as_plain_adam_does():
    torch.manual_seed(0)
    ours = nn.Conv2d(3, 8, 4, stride=2)
    plain = copy.deepcopy(ours)
    optimizer = Optimizer("conv", [ours], learning_rate=1e-2, clip=1e9)
    adam = torch.optim.Adam(plain.parameters(), lr=1e-2, eps=1e-8)
    image = torch.randn(4, 3, 16, 16).contiguous(memory_format=torch.channels_last)
    for _ in range(3):
        optimizer.step(ours(image).square().mean())
        adam.zero_grad()
        plain(image).square().mean().backward()
        adam.step()
    torch.testing.assert_close(ours.weight, plain.weight)
