"""Dropout is for losses alone: targets and imagination see all units."""

import torch

from fosp_agent.nn.layers import MLP


def test_dropout_changes_what_losses_see_and_nothing_else():
    torch.manual_seed(0)
    mlp = MLP(4, 2, layers=2, units=32, dropout=0.5)
    x = torch.randn(8, 4)
    assert torch.equal(mlp(x), mlp(x))
    assert not torch.equal(mlp.regularized(x), mlp.regularized(x))
    mlp.eval()
    assert torch.equal(mlp.regularized(x), mlp(x))


def test_without_dropout_both_are_the_same():
    mlp = MLP(4, 2, layers=2, units=32)
    x = torch.randn(8, 4)
    assert torch.equal(mlp.regularized(x), mlp(x))
