"""Gradient steps that refuse to spread a NaN, and running statistics."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from fosp_agent.errors import UserError
from fosp_agent.nn import distributed


class NonFiniteLoss(UserError):
    """A loss or its gradient became NaN or infinite; the weights are as they were before."""

    def __init__(self, part: str, what: str, terms: Sequence[str]) -> None:
        """Name it.

        Args:
            part: the optimiser.
            what: loss or gradient.
            terms: of the loss, or the weights whose gradients are not finite; empty where it
                happened on another process.
        """
        named = ", ".join(terms) if terms else "a term on another process"
        super().__init__(
            f"the {what} of {part} is not finite: {named}; the weights of {part} were left "
            "unchanged. Lower its learning rate, or look for bad labels in the data"
        )
        self.part = part
        self.terms = tuple(terms)


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
        named = [(n, p) for m in modules for n, p in m.named_parameters() if p.requires_grad]
        self.names = [n for n, _ in named]
        self.parameters = [p for _, p in named]
        self.clip = clip
        self.adam = torch.optim.AdamW(
            self.parameters, lr=learning_rate, eps=1e-8, weight_decay=weight_decay, fused=True
        )

    def step(self, loss: Tensor, terms: Mapping[str, Tensor | float] | None = None) -> float:
        """Take one step down the loss; only this group's parameters receive a gradient.

        Where several processes train together, the gradient is the mean of theirs.

        Args:
            loss: ().
            terms: what the loss is made of, by name, to say which of them is not finite.

        Returns:
            The gradient's norm before clipping.

        Raises:
            NonFiniteLoss: before any weight has changed.
        """
        self._require_finite_loss(loss, terms or {})
        gradients = torch.autograd.grad(loss, self.parameters, allow_unused=True)
        present = [g for g in gradients if g is not None]
        distributed.average_(present)
        norm = nn.utils.get_total_norm(present, foreach=True)
        if not _finite(norm):
            raise NonFiniteLoss(self.name, "gradient", self._broken_gradients(gradients))
        for parameter, gradient in zip(self.parameters, gradients, strict=True):
            parameter.grad = laid_out_like(parameter, gradient)
        nn.utils.clip_grads_with_norm_(self.parameters, self.clip, norm, foreach=True)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)
        return float(norm)

    def _require_finite_loss(self, loss: Tensor, terms: Mapping[str, Tensor | float]) -> None:
        broken = not _finite(loss)
        if not distributed.anywhere(broken, loss.device):
            return
        named = [name for name, value in terms.items() if not _finite(value)]
        raise NonFiniteLoss(self.name, "loss", (named or ["the sum"]) if broken else [])

    def _broken_gradients(self, gradients: Sequence[Tensor | None]) -> list[str]:
        return [
            name
            for name, gradient in zip(self.names, gradients, strict=True)
            if gradient is not None and not _finite(gradient)
        ] or ["its norm"]


def _finite(value: Tensor | float) -> bool:
    if isinstance(value, Tensor):
        return bool(torch.isfinite(value).all())
    return math.isfinite(value)


def laid_out_like(parameter: Tensor, gradient: Tensor | None) -> Tensor | None:
    """The gradient with the parameter's strides.

    Fused Adam walks through both in memory order and does not look at strides. Channels-last
    convolutions give channels-last gradients: unchanged, each would move the wrong weights.
    """
    if gradient is None or gradient.stride() == parameter.stride():
        return gradient
    return torch.empty_like(parameter).copy_(gradient)


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
        flat = distributed.gather(values.detach().float().flatten())
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
