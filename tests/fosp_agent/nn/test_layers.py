"""Building blocks."""

from __future__ import annotations

import torch

from fosp_agent.nn.layers import MLP, ChannelNorm, GRUCell


def test_an_output_scale_of_zero_predicts_zero():
    mlp = MLP(4, 3, layers=2, units=8, output_scale=0.0)
    assert torch.equal(mlp(torch.randn(5, 4)), torch.zeros(5, 3))


def test_the_recurrent_cell_is_the_formula():
    cell = GRUCell(3, 4)
    x, state = torch.randn(2, 3), torch.randn(2, 4)
    gates = cell.norm(cell.linear(torch.cat([x, state], -1)))
    reset, candidate, update = gates[:, :4], gates[:, 4:8], gates[:, 8:]
    update = torch.sigmoid(update - 1)  # it remembers at first
    expected = update * torch.tanh(torch.sigmoid(reset) * candidate) + (1 - update) * state
    torch.testing.assert_close(cell(x, state), expected)


def test_channel_norm_normalises_each_pixel_over_its_channels():
    out = ChannelNorm(8)(5 + 3 * torch.randn(2, 8, 4, 4))
    torch.testing.assert_close(out.mean(1), torch.zeros(2, 4, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.var(1, correction=0), torch.ones(2, 4, 4), atol=1e-2, rtol=0)
