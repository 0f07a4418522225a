"""Whether what goes on is what was begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fosp_agent.config import AgentConfig
from fosp_agent.errors import UserError
from fosp_agent.overrides import FREE
from fosp_agent.settings import flat


class OtherConfig(UserError):
    """A run was begun with another agent, preset or setting than is asked for now."""


def differences(begun: AgentConfig, asked: AgentConfig) -> dict[str, tuple[Any, Any]]:
    """Settings that differ, by name: as begun, and as asked for."""
    one, other = flat(begun.to_dict()), flat(asked.to_dict())
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def acting_changes(begun: AgentConfig, later: AgentConfig) -> dict[str, Any]:
    """Acting-time settings of ``later`` that differ: overrides that make ``begun`` act alike.

    Tests of weights before and after a training that changed such settings want them.
    """
    return {name: new for name, (_, new) in differences(begun, later).items() if name in FREE}


def require_same(where: object, begun: AgentConfig, asked: AgentConfig) -> None:
    """Refuse to go on with another config than the run was begun with.

    Raises:
        OtherConfig: naming the settings that differ and the remedy.
    """
    _refuse(where, differences(begun, asked))


def require_same_options(where: object, begun: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with other options than the run was begun with.

    Args:
        where: the run, for the message.
        begun: every option of the run.
        asked: those that are asked for now.

    Raises:
        OtherConfig: naming the options that differ and the remedy.
    """
    _refuse(where, {k: (begun[k], new) for k, new in asked.items() if begun[k] != new})


def _refuse(where: object, found: Mapping[str, tuple[Any, Any]]) -> None:
    if found:
        text = ", ".join(f"{k} {old!r} (asked for: {new!r})" for k, (old, new) in found.items())
        raise OtherConfig(
            f"{where} was begun with {text}; leave these options out to go on with it, or begin "
            "another run in another folder"
        )
