"""Which options a person wrote, and which have their defaults."""

from __future__ import annotations

from typing import Any

import typer


def given(context: typer.Context, *names: str) -> dict[str, Any]:
    """Of the named options those that stand on the command line, with their values."""
    return {
        name: context.params[name]
        for name in names
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }
