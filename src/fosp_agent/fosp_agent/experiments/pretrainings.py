"""Which pretrainings an experiment needs: variants that differ online only share one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fosp_agent.acting_config import PlanningConfig, ShieldConfig
from fosp_agent.agents.variants import VARIANTS, variant_config
from fosp_agent.behavior_config import ActorConfig, ExpansionConfig
from fosp_agent.config import AgentConfig


def pretraining_config(config: AgentConfig) -> AgentConfig:
    """The config with every setting that pretraining never reads at its default."""
    default = ActorConfig()
    actor = replace(
        config.actor,
        online_gradient=default.online_gradient,
        online_init=default.online_init,
        online_cloning=default.online_cloning,
    )
    training = replace(config.training, recent_contact_fraction=None)
    return replace(
        config,
        actor=actor,
        training=training,
        expansion=ExpansionConfig(),
        planning=PlanningConfig(),
        shield=ShieldConfig(),
    )


def pretraining_of(name: str, preset: str, overrides: Mapping[str, Any]) -> str:
    """The first variant of the registry that is pretrained just as this one.

    Raises:
        ConfigError: unknown variant, preset or setting.
    """
    wanted = pretraining_config(variant_config(name, preset, overrides))
    for other in VARIANTS:
        if pretraining_config(variant_config(other, preset, overrides)) == wanted:
            return other
    raise AssertionError("a variant is pretrained as itself")
