"""Linear and convolutional blocks with layer norm and SiLU, as DreamerV3 (2023) has them."""

from __future__ import annotations

import copy
import math
from itertools import pairwise
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


def initialize(module: nn.Module, scale: float = 1.0) -> None:
    """Truncated normal of variance ``scale / mean(fan_in, fan_out)``, zero bias; scale 0: zeros."""
    if not isinstance(module, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
        return
    if module.bias is not None:
        nn.init.zeros_(module.bias)
    if scale == 0.0:
        nn.init.zeros_(module.weight)
        return
    receptive = math.prod(module.weight.shape[2:])
    fan = receptive * (module.weight.shape[0] + module.weight.shape[1]) / 2
    std = math.sqrt(scale / fan) / 0.87962566103423978
    nn.init.trunc_normal_(module.weight, std=std, a=-2 * std, b=2 * std)


class NormedLinear(nn.Module):
    """Linear, layer norm, SiLU: (..., I) -> (..., O)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs, bias=False)
        self.norm = nn.LayerNorm(outputs, eps=1e-3)
        initialize(self.linear)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        return F.silu(self.norm(self.linear(x)))


class Begun(nn.Module):
    """A ``NormedLinear`` that knows its first D inputs: (..., I - D) -> (..., O)."""

    def __init__(self, layer: NormedLinear, known: Tensor) -> None:
        super().__init__()
        weight = layer.linear.weight
        self.weight = weight[:, len(known) :]
        self.bias = weight[:, : len(known)] @ known
        self.norm = layer.norm

    def forward(self, x: Tensor) -> Tensor:
        """(..., I - D) -> (..., O)."""
        return F.silu(self.norm(F.linear(x, self.weight, self.bias)))


def twin(module: Module) -> Module:
    """A copy with the same weights; what is set on it leaves the original as it is."""
    other = copy.copy(module)
    other.__dict__["_modules"] = dict(module._modules)
    return other


class MLP(nn.Module):
    """``layers`` hidden layers and a linear output: (..., I) -> (..., O)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        layers: int,
        units: int,
        output_scale: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.dropout = dropout
        sizes = [inputs] + [units] * layers
        self.hidden = nn.Sequential(*(NormedLinear(i, o) for i, o in pairwise(sizes)))
        self.output = nn.Linear(sizes[-1], outputs)
        initialize(self.output, output_scale)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        out: Tensor = self.output(self.hidden(x))
        return out

    def given(self, known: Tensor) -> MLP:
        """The same for inputs of which the first D (D,) are known: (..., I - D) -> (..., O).

        Worth it where many rows share them; it needs a hidden layer.
        """
        other = twin(self)
        first, *rest = self.hidden
        assert isinstance(first, NormedLinear)
        other.hidden = nn.Sequential(Begun(first, known), *rest)
        return other

    def regularized(self, x: Tensor) -> Tensor:
        """The same with dropout, while training: (..., I) -> (..., O).

        A method of its own, so that targets and imagination never see dropped units.
        """
        if not self.dropout or not self.training:
            return self.forward(x)
        for layer in self.hidden:
            x = layer(F.dropout(x, self.dropout))
        out: Tensor = self.output(F.dropout(x, self.dropout))
        return out


class ChannelNorm(nn.Module):
    """Layer norm over the channels of an image: (N, C, H, W), channels-last in memory."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        normed: Tensor = self.norm(x.permute(0, 2, 3, 1))
        return normed.permute(0, 3, 1, 2)


class GRUCell(nn.Module):
    """GRU with layer norm and an update bias of -1, so that it remembers at first."""

    def __init__(self, inputs: int, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs + size, 3 * size, bias=False)
        self.norm = nn.LayerNorm(3 * size, eps=1e-3)
        initialize(self.linear)

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        """(N, I), (N, D) -> (N, D)."""
        gates = self.norm(self.linear(torch.cat([x, state], -1)))
        reset, candidate, update = gates.chunk(3, -1)
        candidate = torch.tanh(torch.sigmoid(reset) * candidate)
        return torch.lerp(
            state, candidate.to(state.dtype), torch.sigmoid(update - 1).to(state.dtype)
        )
