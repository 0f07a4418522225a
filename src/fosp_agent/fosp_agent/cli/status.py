"""``./safereach status``: where a running stack stands."""

from __future__ import annotations

from typing import Annotated

import typer


def status(
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 5.0,
) -> None:
    """Say what the running session does and waits for."""
    from fosp_agent.ros.operator import look, operator

    with operator() as node:
        for name, value in look(node, patience).items():
            print(f"{name:<12} {value}")
