"""Gradient steps that refuse to spread a NaN, and running statistics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from fosp_agent.errors import UserError


class NonFiniteLoss(UserError):
    """A loss or its gradient became NaN or infinite; the weights are as they were before."""


class Optimizer:
    """Adam with a clipped gradient norm, for one named group of modules."""

    def __init__(
        self,
        name: str,
        modules: Sequence[nn.Module],
        *,
        learning_rate: float,
        clip: float,
        weight_decay: float = 0.0,
    ) -> None:
        self.name = name
        self.parameters = [p for m in modules for p in m.parameters() if p.requires_grad]
        self.clip = clip
        self.adam = torch.optim.AdamW(
            self.parameters, lr=learning_rate, eps=1e-8, weight_decay=weight_decay, fused=True
        )

    def step(self, loss: Tensor) -> float:
        """Take one step down the loss; only this group's parameters receive a gradient.

        Returns:
            The gradient's norm before clipping.

        Raises:
            NonFiniteLoss: before any weight has changed.
        """
        self.require_finite("loss", loss)
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = gradient
        norm = nn.utils.clip_grad_norm_(self.parameters, self.clip, foreach=True)
        self.require_finite("gradient", norm)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        return float(norm)

    def require_finite(self, what: str, value: Tensor) -> None:
        """Raise NonFiniteLoss if the value is not a number."""
        if not bool(torch.isfinite(value).all()):
            raise NonFiniteLoss(
                f"the {what} of {self.name} is {float(value.detach().mean())}; the weights were "
                f"left unchanged. Lower its learning rate, or look for bad labels in the data"
            )


class RunningRange(nn.Module):
    """Distance between the 5th and the 95th percentile, smoothed by an exponential average."""

    low: Tensor
    high: Tensor
    updates: Tensor

    def __init__(self, decay: float = 0.99, floor: float = 1e-2) -> None:
        super().__init__()
        self.decay, self.floor = decay, floor
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, values: Tensor) -> None:
        """Take in a batch of any shape; the first one counts fully."""
        flat = values.detach().float().flatten()
        low, high = torch.quantile(flat, torch.tensor([0.05, 0.95], device=flat.device))
        share = 1.0 if int(self.updates) == 0 else 1 - self.decay
        self.low.lerp_(low, share)
        self.high.lerp_(high, share)
        self.updates += 1

    def scale(self) -> Tensor:
        """The range, never below the floor: ()."""
        return (self.high - self.low).clamp(min=self.floor)


@contextmanager
def frozen(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Inside, gradients flow *through* these modules but not *into* them."""
    touched = [p for m in modules for p in m.parameters() if p.requires_grad]
    for parameter in touched:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in touched:
            parameter.requires_grad_(True)
