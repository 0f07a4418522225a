"""Augmented Lagrangian on the imagined cost return (eq. 17, 27)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fosp_agent.behavior.critics import weighted_mean
from fosp_agent.behavior_config import LagrangianConfig
from fosp_agent.nn import distributed


class AugmentedLagrangian(nn.Module):
    """Holds lambda_p and mu; both travel with the weights.

    They are float64: mu grows by a factor of 1 + 5e-9 a step, which float32 rounds to 1.
    """

    multiplier: Tensor
    penalty: Tensor

    def __init__(self, config: LagrangianConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("multiplier", torch.tensor(config.multiplier, dtype=torch.float64))
        self.register_buffer("penalty", torch.tensor(config.penalty, dtype=torch.float64))

    def constraint(self, cost_return: Tensor, scale: Tensor) -> Tensor:
        """By how much the cost return exceeds what is allowed, in units of ``scale``: (...)."""
        excess = cost_return - self.config.cost_limit
        return excess / scale if self.config.normalize else excess

    def term(self, violation: Tensor) -> Tensor:
        """Phi of eq. 17: (...) -> (...), with the graph of the violation; 0 when switched off."""
        if not self.config.enabled:
            return torch.zeros_like(violation)
        multiplier, penalty = self.multiplier.clone(), self.penalty.clone()
        active = multiplier + penalty / 2 * violation >= 0
        inside = multiplier * violation + penalty / 4 * violation.square()
        outside = -multiplier.square() / penalty.clamp(min=1e-12)
        return torch.where(active, inside, outside)

    @torch.no_grad()
    def update(self, violation: Tensor) -> None:
        """Eq. 27, then let mu grow: () -> None. A violation that is not finite changes nothing."""
        violation = distributed.mean(violation)
        if not bool(torch.isfinite(violation)):
            return
        raised = self.multiplier + self.penalty / 2 * violation.double()
        self.multiplier.copy_(raised.clamp(0.0, self.config.multiplier_limit))
        self.penalty.mul_(1 + self.config.penalty_growth)


def penalty(
    lagrangian: AugmentedLagrangian,
    cost_return: Tensor,
    scale: Tensor,
    share: Tensor | float = 1.0,
    lasting: Tensor | None = None,
) -> tuple[Tensor, dict[str, float]]:
    """Phi of the imagined cost return, and one update of its multiplier.

    Args:
        lagrangian: the multipliers; updated.
        cost_return: (N,) imagined, with the graph of the dynamics.
        scale: unit of the cost return.
        share: how much of Phi counts in each state, (N,) or a number: the feasibility in eq. 20.
        lasting: (N,) 0 where the state is terminal and nothing follows, else 1; None: all last.

    Returns:
        (): the mean penalty; and metrics.
    """
    excess = lagrangian.constraint(cost_return, scale)
    loss = (lagrangian.term(excess) * share).mean()
    weight = torch.ones_like(excess) if lasting is None else lasting
    lagrangian.update(weighted_mean(excess.detach(), weight))
    metrics = {
        "lagrangian/cost_return": float(cost_return.detach().mean()),
        "lagrangian/multiplier": float(lagrangian.multiplier),
        "lagrangian/penalty": float(loss.detach()),
    }
    return loss, metrics
