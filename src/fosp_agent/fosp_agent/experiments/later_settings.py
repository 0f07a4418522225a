"""Settings of an agent that came into being after a unit was begun."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fosp_agent.config import AgentConfig


def later_settings(begun: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the settings that ``begun`` lacks and that ``now`` leaves at their defaults.

    What is new is off by default: with the default of ``AgentConfig`` an agent is what it was
    before the setting existed. A preset that turns it on makes another agent.

    Args:
        begun: an agent config as recorded.
        now: the one asked for.

    Returns:
        Such as ``("actor.center_advantage",)``.
    """
    return tuple(_later(begun, now, AgentConfig().to_dict(), ""))


def without(config: Mapping[str, Any], names: tuple[str, ...], under: str = "") -> dict[str, Any]:
    """The config without the settings of these names."""
    kept: dict[str, Any] = {}
    for key, value in config.items():
        name = f"{under}{key}"
        if name not in names:
            inner = isinstance(value, Mapping)
            kept[key] = without(value, names, f"{name}.") if inner else value
    return kept


def _later(
    begun: Mapping[str, Any], now: Mapping[str, Any], defaults: Mapping[str, Any], under: str
) -> list[str]:
    found = []
    for key, value in now.items():
        old, default = begun.get(key), defaults.get(key)
        if key not in begun:
            same = key in defaults and json.dumps(value) == json.dumps(default)
            found += [f"{under}{key}"] if same else []
        elif isinstance(old, Mapping) and isinstance(value, Mapping):
            inner = default if isinstance(default, Mapping) else {}
            found += _later(old, value, inner, f"{under}{key}.")
    return found
