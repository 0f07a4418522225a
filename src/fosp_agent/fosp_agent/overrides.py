"""Settings of a weights file that may be changed afterwards: while acting, or by training on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from fosp_agent.acting_config import PlanningConfig, ShieldConfig
from fosp_agent.behavior_config import ExpansionConfig
from fosp_agent.config import AgentConfig, from_dict
from fosp_agent.named_settings import NAMED
from fosp_agent.settings import ConfigError, parse_override, require_setting, set_value

LEARNED = ("enabled", "direct_loss")
"""Settings of the expansion that change what is learned, not who acts."""
FREE: tuple[str, ...] = (
    *(f"planning.{field.name}" for field in fields(PlanningConfig)),
    *(f"shield.{field.name}" for field in fields(ShieldConfig)),
    *(f"expansion.{f.name}" for f in fields(ExpansionConfig) if f.name not in LEARNED),
    "world_model.cost_pessimism",
    "world_model.memory",
)
"""Every setting that acting may change."""


def parse_overrides(texts: Iterable[str]) -> dict[str, Any]:
    """Read ``section.key=value`` texts, whose values are YAML, and names such as ``planned``.

    A name stands for the settings that ``named_settings.NAMED`` has under it; what comes later has
    the last word.

    Raises:
        ConfigError: neither a setting nor a name, or a value that is not YAML.
    """
    settings: dict[str, Any] = {}
    for text in texts:
        if "=" not in text and text not in NAMED:
            names = ", ".join(NAMED)
            raise ConfigError(
                f"cannot read the setting {text!r}; write section.key=value or {names}"
            )
        settings |= NAMED[text] if text in NAMED else dict([parse_override(text)])
    return settings


def with_overrides(config: AgentConfig, overrides: Mapping[str, Any]) -> AgentConfig:
    """The config with other acting-time settings.

    Raises:
        ConfigError: a setting does not exist, has the wrong type, or is fixed by the weights.
    """
    if not overrides:
        return config
    values = config.to_dict()
    for key, value in overrides.items():
        section, _, name = key.partition(".")
        known = isinstance(values.get(section), dict) and name in values[section]
        if not known:
            raise ConfigError(f"unknown setting {key!r}; while acting there are {', '.join(FREE)}")
        if key not in FREE:
            raise ConfigError(
                f"{key} is fixed by the weights, which were trained with {values[section][name]!r};"
                f" while acting there are {', '.join(FREE)}"
            )
        values[section][name] = value
    return from_dict(values)


def changed(config: AgentConfig, overrides: Mapping[str, Any]) -> AgentConfig:
    """A config with other settings for the training that follows.

    Raises:
        ConfigError: a setting does not exist, has the wrong type, or is the agent or the preset.
    """
    values = config.to_dict()
    for key, value in overrides.items():
        require_setting(AgentConfig, key)
        if key in ("agent", "preset"):
            raise ConfigError(f"the {key} belongs to the weights; pretrain with another one")
        set_value(values, key, value)
    return from_dict(values)
