"""Open readings of the paper, by name: a switch of the config, and the value to compare.

A reading is compared with the preset, its policies' losses as printed (``default``), or with
another reading where it means something only beside that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fosp_agent.agents.variants import variant_config
from fosp_agent.config import AgentConfig
from fosp_agent.experiments.pretrainings import pretraining_config
from fosp_agent.settings import ConfigError

Stage = Literal["offline", "online"]
OFFLINE: Stage = "offline"
ONLINE: Stage = "online"
STAGES: tuple[Stage, ...] = (OFFLINE, ONLINE)
DEFAULT = "default"
VARIANT = "fosp"
"""Whose readings they are: nothing beyond the paper stands beside them."""


@dataclass(frozen=True)
class Reading:
    """One way to read the paper where it can be read in several."""

    description: str
    settings: Mapping[str, Any]
    stages: tuple[Stage, ...] = (OFFLINE,)
    """offline: pretrained with it. online: fine-tuned with it, from a pretraining without it."""
    against: str = DEFAULT
    """The reading that it is compared with."""


READINGS: Mapping[str, Reading] = {
    DEFAULT: Reading("the preset, its policies' losses as printed", {}, STAGES),
    "raw_advantages": Reading(
        "advantages in eq. 19 as they are, not divided by their range",
        {"actor.normalize_advantage": False},
    ),
    "unbounded_weights": Reading("weights of eq. 19 not clipped", {"actor.weight_clip": 1e6}),
    "paper_betas": Reading(
        "Table 4's beta1 = beta2 = 10", {"actor.beta_reward": 10.0, "actor.beta_cost": 10.0}
    ),
    "optimistic_cost": Reading(
        "V_c is a low expectile, as in FISOR", {"critic.cost_expectile": 0.2}
    ),
    "one_step_in_sample": Reading(
        "eq. 10 with one real step, as printed", {"critic.in_sample_lambda": 0.0}
    ),
    "fast_target": Reading(
        "V regresses on Q itself, not its slow copy", {"critic.slow_target": False}
    ),
    "paper_discount": Reading("gamma = 0.997", {"critic.gamma": 0.997}),
    "debiased_reachability": Reading(
        "reachability learns as if contacts were not oversampled", {"reachability.debias": True}
    ),
    "paper_learning_rates": Reading(
        "Table 4's rates of policy, critics and reachability",
        {
            "actor.learning_rate": 3e-5,
            "critic.learning_rate": 3e-5,
            "reachability.learning_rate": 5e-5,
        },
    ),
    "paper_multiplier": Reading(
        "Table 4's lambda0, mu0 and nu, the multiplier unbounded",
        {
            "lagrangian.multiplier": 0.01,
            "lagrangian.penalty": 1e-6,
            "lagrangian.penalty_growth": 5e-9,
            "lagrangian.multiplier_limit": 1e6,
        },
    ),
    "raw_cost_return": Reading(
        "Phi's cost return as it is, not divided by its range",
        {"lagrangian.normalize": False},
        STAGES,
    ),
    "episode_memory": Reading(
        "the acting policy remembers its episode, and learns to",
        {"world_model.memory": "episode", "world_model.forget_probability": 0.0},
    ),
    "uniform_batches": Reading(
        "no share of a batch drawn around contacts", {"training.contact_fraction": 0.0}
    ),
    "weighted_cost_head": Reading(
        "the shift of the cost loss's weight stays in the probabilities",
        {"world_model.cost_debias": False},
    ),
    "fresh_policy": Reading(
        "the new policy starts fresh", {"actor.online_init": "fresh"}, (ONLINE,)
    ),
    "score_function": Reading(
        "eq. 23 by the score function", {"actor.online_gradient": "score"}, (ONLINE,)
    ),
    "no_online_cloning": Reading(
        "nothing of eq. 20 is kept online", {"actor.online_cloning": 0.0}, (ONLINE,)
    ),
    "bounds_as_scale": Reading(
        "Q_r and Q_c divided by their bounds", {"expansion.scale": "bound"}, (ONLINE,)
    ),
    "temperature": Reading(
        "Table 4's alpha = 10 divides", {"expansion.inverse_temperature": 0.1}, (ONLINE,)
    ),
    "printed_online": Reading(
        "all of fine-tuning as printed: fresh policy, score function, eq. 23 alone, bounds, "
        "temperature 10",
        {
            "actor.online_init": "fresh",
            "actor.online_gradient": "score",
            "actor.online_cloning": 0.0,
            "expansion.scale": "bound",
            "expansion.inverse_temperature": 0.1,
        },
        (ONLINE,),
    ),
    "direct_value": Reading(
        "without expansion, the one policy learns from eq. 23",
        {"expansion.enabled": False},
        (ONLINE,),
    ),
    "direct_cloning": Reading(
        "without expansion, the one policy learns from eq. 20",
        {"expansion.enabled": False, "expansion.direct_loss": "offline"},
        (ONLINE,),
        against="direct_value",
    ),
}


def reading(name: str) -> Reading:
    """The reading of this name.

    Raises:
        ConfigError: there is none; the message lists those that there are.
    """
    if name not in READINGS:
        raise ConfigError(f"unknown reading {name!r}; choose of {', '.join(READINGS)}")
    return READINGS[name]


def reading_config(name: str, preset: str, overrides: Mapping[str, Any]) -> AgentConfig:
    """The config of a reading over a preset and overrides; the reading has the last word.

    Raises:
        ConfigError: unknown reading, preset or setting.
    """
    return variant_config(VARIANT, preset, dict(overrides) | dict(reading(name).settings))


def differs(name: str, stage: Stage, preset: str, overrides: Mapping[str, Any]) -> bool:
    """Whether a reading changes anything in a stage, under this preset and these overrides.

    Raises:
        ConfigError: unknown reading, preset or setting.
    """
    one, other = (reading_config(n, preset, overrides) for n in (name, reading(name).against))
    if stage == OFFLINE:
        one, other = pretraining_config(one), pretraining_config(other)
    return one != other


def stages_named(text: str) -> tuple[Stage, ...]:
    """offline, online, or both of them for "all".

    Raises:
        ConfigError: none of them.
    """
    found = tuple(stage for stage in STAGES if text in (stage, "all"))
    if not found:
        raise ConfigError(f"unknown stage {text!r}; choose {', '.join(STAGES)} or all")
    return found
