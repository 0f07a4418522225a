"""``./safereach rollback``: back to earlier weights, at a running stack."""

from __future__ import annotations

from typing import Annotated

import typer


def rollback(
    version: Annotated[
        int, typer.Argument(min=0, help="Version to go back to; left out: the one before.")
    ] = 0,
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Let an earlier version of the weights act, and learn on from it."""
    from fosp_agent.ros.operator import operator, roll_back

    with operator() as node:
        print(roll_back(node, version, patience))
