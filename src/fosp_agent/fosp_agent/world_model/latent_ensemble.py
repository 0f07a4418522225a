"""An ensemble of one-step latent predictors: where its members disagree, the model is guessing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fosp_agent.config import AgentConfig
from fosp_agent.nn.distributions import unimix_log_probs
from fosp_agent.nn.layers import MLP


class LatentEnsemble(nn.Module):
    """Members p^i(z | h), alike but for their initial weights.

    h_t is a function of the previous state and action, so each predicts one step ahead.
    """

    def __init__(self, config: AgentConfig) -> None:
        super().__init__()
        model = config.world_model
        self.latents, self.classes, self.unimix = model.latents, model.classes, model.unimix
        self.members = nn.ModuleList(
            MLP(model.deter, model.latents * model.classes, layers=model.layers, units=model.units)
            for _ in range(config.dreamerv3.ensemble_size)
        )

    def log_probs(self, deter: Tensor, stoch: Tensor) -> Tensor:
        """Log p^i(z | h), summed over latents: (..., D), (..., N * K) -> (M, ...), float32."""
        shape = (*deter.shape[:-1], self.latents, self.classes)
        chosen = stoch.float().reshape(shape)
        each = [
            (unimix_log_probs(member(deter).reshape(shape), self.unimix) * chosen).sum((-2, -1))
            for member in self.members
        ]
        return torch.stack(each)

    def disagreement(self, deter: Tensor, stoch: Tensor) -> Tensor:
        """Standard deviation of log p^i(z | h) over the members: (..., D), (..., N * K) -> (...).

        [nats]; 0 for a single member.
        """
        return self.log_probs(deter, stoch).std(0, correction=0)

    def loss(self, deter: Tensor, stoch: Tensor) -> Tensor:
        """Negative log-likelihood of posterior latents, summed over members: ()."""
        return -self.log_probs(deter, stoch).flatten(1).mean(1).sum()
