"""Two-hot values, categorical latents and bounded Gaussians."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def symlog(x: Tensor) -> Tensor:
    """sign(x) ln(1 + |x|)."""
    return torch.sign(x) * torch.log1p(x.abs())


def symexp(x: Tensor) -> Tensor:
    """Inverse of symlog."""
    return torch.sign(x) * torch.expm1(x.abs())


class TwoHot(nn.Module):
    """A real number as a distribution over exponentially spaced bins.

    The bins are ``symexp(linspace(-limit, limit, bins))``: dense around zero. A number is encoded
    on its two neighbours so that the mean of the distribution is exactly that number; hence an
    expectile-weighted cross-entropy has the expectile as its mean.
    """

    bins: Tensor

    def __init__(self, bins: int, limit: float) -> None:
        super().__init__()
        if bins % 2 == 0:
            raise ValueError(f"two-hot bins must be odd, to have one at zero; got {bins}")
        half = symexp(torch.linspace(0.0, limit, bins // 2 + 1, dtype=torch.float64))
        whole = torch.cat([-half[1:].flip(0), half]).float()
        self.register_buffer("bins", whole, persistent=False)

    def neighbours(self, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Lower bin, upper bin and the upper one's weight, each shaped like ``value``."""
        value = value.float().clamp(self.bins[0], self.bins[-1])
        upper = torch.searchsorted(self.bins, value.contiguous()).clamp(1, len(self.bins) - 1)
        low, high = self.bins[upper - 1], self.bins[upper]
        return upper - 1, upper, (value - low) / (high - low)

    def encode(self, value: Tensor) -> Tensor:
        """(...) -> (..., bins), a distribution whose mean is ``value``."""
        lower, upper, weight = self.neighbours(value)
        out = torch.zeros(*value.shape, len(self.bins), device=value.device)
        out.scatter_(-1, lower.unsqueeze(-1), (1 - weight).unsqueeze(-1))
        return out.scatter_(-1, upper.unsqueeze(-1), weight.unsqueeze(-1))

    def decode(self, logits: Tensor) -> Tensor:
        """(..., bins) -> (...), the mean in float32, in mirror pairs: equal odds give 0."""
        probability = torch.softmax(logits.float(), -1)
        half = len(self.bins) // 2
        negative = probability[..., :half].flip(-1)
        return ((probability[..., half + 1 :] - negative) * self.bins[half + 1 :]).sum(-1)

    def loss(self, logits: Tensor, value: Tensor) -> Tensor:
        """Cross-entropy of the encoded value: (..., bins), (...) -> (...), float32."""
        lower, upper, weight = self.neighbours(value)
        log_p = torch.log_softmax(logits.float(), -1)
        at_lower = log_p.gather(-1, lower.unsqueeze(-1)).squeeze(-1)
        at_upper = log_p.gather(-1, upper.unsqueeze(-1)).squeeze(-1)
        return -((1 - weight) * at_lower + weight * at_upper)


def unimix_log_probs(logits: Tensor, unimix: float) -> Tensor:
    """Log-probabilities of (1 - unimix) softmax + unimix uniform: (..., K) -> (..., K), float32."""
    probability = torch.softmax(logits.float(), -1)
    return torch.log((1 - unimix) * probability + unimix / logits.shape[-1])


def sample_one_hot(log_probs: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """A straight-through one-hot sample: (..., K) -> (..., K).

    Its value is a one-hot vector; its gradient is that of the probabilities.
    """
    probability = log_probs.exp()
    with torch.no_grad():
        noise = torch.empty_like(probability).exponential_(generator=generator)
        index = (probability / noise).argmax(-1)
        one_hot = F.one_hot(index, log_probs.shape[-1]).to(probability.dtype)
    return one_hot + (probability - probability.detach())


def categorical_kl(p: Tensor, q: Tensor) -> Tensor:
    """KL(p || q) summed over latents and classes: log-probs (..., N, K) -> (...)."""
    return (p.exp() * (p - q)).sum((-2, -1))


class BoundedNormal:
    """Diagonal Gaussian with its mean in (-1, 1): the policy over actions (..., A)."""

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        self.mean = mean
        self.std = std

    @classmethod
    def from_output(cls, output: Tensor, min_std: float, max_std: float) -> BoundedNormal:
        """(..., 2A) raw network output -> distribution over (..., A)."""
        mean, std = output.float().chunk(2, -1)
        spread = (max_std - min_std) * torch.sigmoid(std) + min_std
        return cls(torch.tanh(mean), spread)

    @property
    def mode(self) -> Tensor:
        """The likeliest action (..., A)."""
        return self.mean

    def sample(self, generator: torch.Generator | None = None) -> Tensor:
        """A reparametrised sample, clipped to [-1, 1]: (..., A)."""
        noise = torch.randn(
            self.mean.shape, generator=generator, device=self.mean.device, dtype=self.mean.dtype
        )
        return (self.mean + self.std * noise).clamp(-1.0, 1.0)

    def log_prob(self, action: Tensor) -> Tensor:
        """(..., A) -> (...), summed over the action's components."""
        z = (action - self.mean) / self.std
        return (-0.5 * z.square() - self.std.log() - 0.5 * math.log(2 * math.pi)).sum(-1)

    def entropy(self) -> Tensor:
        """(...), summed over the action's components."""
        return (self.std.log() + 0.5 * math.log(2 * math.pi * math.e)).sum(-1)
