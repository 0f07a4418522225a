"""One setting of the config at a time: read from text, checked, put in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import yaml

from fosp_agent.errors import UserError


class ConfigError(UserError):
    """A preset or a setting does not exist or does not fit."""


def parse_override(text: str) -> tuple[str, Any]:
    """Read one ``section.key=value`` of a command line; the value is YAML.

    Raises:
        ConfigError: there is no equals sign.
    """
    key, sign, value = text.partition("=")
    if not sign:
        raise ConfigError(f"cannot read the setting {text!r}; write section.key=value")
    try:
        return key, yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ConfigError(f"cannot read the value of {text!r} as YAML: {error}") from error


def require_setting(kind: Any, key: str) -> None:
    """Refuse a setting that does not exist.

    Args:
        kind: the dataclass of the whole config.
        key: such as ``actor.beta_cost``.

    Raises:
        ConfigError: it does not exist; the message lists those that do.
    """
    for depth, part in enumerate(key.split(".")):
        names = [f.name for f in fields(kind)] if is_dataclass(kind) else []
        if part not in names:
            where = ".".join(key.split(".")[:depth]) or "the config"
            known = f"{where} has: {', '.join(names)}" if names else f"{where} has no parts"
            raise ConfigError(f"the setting {key!r} does not exist; {known}")
        kind = get_type_hints(kind)[part]


def set_value(values: dict[str, Any], key: str, value: Any) -> None:
    """Put ``section.key`` into nested dictionaries.

    Raises:
        ConfigError: what should be a section holds a value.
    """
    *path, last = key.split(".")
    for part in path:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise ConfigError(f"the setting {key!r} does not exist: {part!r} has no parts")
    values[last] = value


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested dictionaries as one, with names such as ``actor.beta_cost``."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def to_float(value: Any) -> Any:
    """YAML reads ``1e-4`` as text; take it as the number it is meant to be."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
