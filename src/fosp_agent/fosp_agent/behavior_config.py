"""Every number of critics, reachability, Lagrangian and policies, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CriticConfig:
    """Q_r, V_r, Q_c, V_c (eq. 7-11)."""

    gamma: float = 0.997
    return_lambda: float = 0.95
    expectile: float = 0.8
    """kappa of V_r: weight where Q > V."""
    cost_expectile: float = 0.8
    """kappa of V_c: above 0.5 over-estimates cost (pessimistic)."""
    in_sample: bool = True
    """The one-step term on real data (eq. 10)."""
    in_sample_lambda: float = 0.0
    """0: one step, as in eq. 10. Above: lambda-returns along the real sequence, which carry a
    reward back faster."""
    dropout: float = 0.0
    """Share of the inputs (Q's action among them) and hidden units of Q and V that are dropped in
    training."""
    slow_rate: float = 0.02
    """EMA rate of the slow copies of each Q."""
    slow_target: bool = True
    """V regresses on the slow copy of Q; otherwise on Q itself."""
    slow_regularizer: float = 0.0
    """Weight of a pull of Q towards its slow copy, as in DreamerV3."""
    learning_rate: float = 3e-5
    clip: float = 100.0


@dataclass(frozen=True)
class ReachabilityConfig:
    """p(s): the probability of a violation from s (eq. 5, 30); feasibility u = 1 - p."""

    enabled: bool = True
    """False (ablation): u = 1 everywhere."""
    gamma: float = 0.99
    learning_rate: float = 5e-5
    debias: bool = False
    """Weigh the rows of a batch as if contacts were not oversampled (``contact_fraction``): a row
    drawn because a contact follows makes contacts look likelier than they are. Beyond the paper; on
    in the preset `small`, after a comparison (`debiased_reachability` of `./safereach experiment
    readings`)."""


@dataclass(frozen=True)
class LagrangianConfig:
    """Augmented Lagrangian on the imagined cost return (eq. 17, 27)."""

    enabled: bool = True
    multiplier: float = 0.01
    """Initial lambda_p."""
    penalty: float = 1e-6
    """Initial mu."""
    penalty_growth: float = 5e-9
    """nu: mu grows by this share at each update."""
    multiplier_limit: float = 1e6
    """Largest lambda_p: a limit of 0 on a cost that is never quite 0 would raise it for ever."""
    cost_limit: float = 0.0
    """d: the cost return that is allowed."""
    normalize: bool = True
    """Divide the cost return by its running range, so that the multiplier has a scale."""


@dataclass(frozen=True)
class ActorConfig:
    """Both policies (eq. 18-20, 23)."""

    beta_reward: float = 10.0
    beta_cost: float = 10.0
    weighting: Literal["fosp", "uniform"] = "fosp"
    """fosp: advantage weights of eq. 19. uniform: behaviour cloning."""
    weight_clip: float = 100.0
    normalize_advantage: bool = True
    """Divide advantages by their running 5-95 percentile range."""
    center_advantage: bool = False
    """Subtract an advantage's mean over the batch before eq. 19. While values still rise V lags
    behind Q, and the offset, which says nothing of an action, drives many weights to the clip.
    Beyond the paper and off in every preset: no agent has been trained with it yet."""
    entropy: float = 3e-4
    min_std: float = 0.1
    max_std: float = 1.0
    imagined_reward: float = 0.0
    """Weight of the imagined reward return from the root, in units of its running range, in the
    actor's loss; beyond the paper, which has 0."""
    imagined_cost: float = 0.0
    """The same for the imagined cost return. Its bootstrap values the policy that goes on, which
    teaches to stand still before every passage: 0 in every preset."""
    imagined_violation: float = 0.0
    """Weight of the imagined contacts: the probabilities of a violation summed over the horizon,
    without a bootstrap, from roots that are free of one. Beyond the paper, which has 0."""
    online_gradient: Literal["score", "value"] = "value"
    """How the new policy follows eq. 23: score function, or through Q by the action."""
    online_init: Literal["copy", "fresh"] = "copy"
    """The new policy starts as a copy of the offline one, or fresh as in the paper."""
    online_cloning: float = 0.0
    """Weight of the offline loss (eq. 20) kept while fine-tuning."""
    intervention_cloning: float = 1.0
    """Weight, while fine-tuning, of cloning the steps at which an operator took over; 0: they
    count like any other step."""
    learning_rate: float = 3e-5
    weight_decay: float = 0.0
    clip: float = 100.0


@dataclass(frozen=True)
class ExpansionConfig:
    """Policy expansion (eq. 21-22)."""

    enabled: bool = True
    """False (ablation): the offline policy itself goes on learning while fine-tuning, alone."""
    direct_loss: Literal["online", "offline"] = "online"
    """What it then learns from: eq. 23 as the new policy would, or eq. 20 as before."""
    inverse_temperature: float = 10.0
    scale: Literal["range", "bound"] = "range"
    """Q_r and Q_c are divided by their running ranges, or by the bounds of the paper."""
    candidates: int = 1
    """K: actions drawn from each policy; 1 in the paper."""
    cloning: bool = False
    """The world model's own prediction of the demonstrator's action is a candidate too."""
