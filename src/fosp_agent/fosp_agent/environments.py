"""Simulated robots, found by name; the agent imports none of them itself."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import cast

from fosp_agent.errors import UserError
from fosp_agent.types import Environment

GROUP = "fosp_agent.environments"


class UnknownEnvironment(UserError):
    """There is no such environment or task."""


def make_environment(name: str, task: str) -> Environment:
    """Build an environment that some package registered under the entry point group.

    Raises:
        UnknownEnvironment: unknown environment or task; the message lists the valid ones.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none is installed; run `make setup`"
        raise UnknownEnvironment(f"unknown environment {name!r}; choose one of: {known}")
    try:
        return cast(Environment, found[name].load()(task))
    except ValueError as error:
        raise UnknownEnvironment(f"environment {name}: {error}") from error
