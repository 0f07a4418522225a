"""``./safereach robot``: what a person asks of the arm between and during episodes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class What(str, Enum):
    """What to do."""

    reset = "reset"
    ready = "ready"
    recover = "recover"
    hold = "hold"
    release = "release"


def robot(
    what: Annotated[
        What,
        typer.Argument(
            help="reset (back to the start pose), ready (the scene is set), recover (after a "
            "reflex or a contact), hold (veto every motion), release (let go of it)."
        ),
    ],
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Bring the arm back, say that the scene is set, recover it, or hold it still."""
    from fosp_agent.ros.operator import call_robot, operator

    with operator() as node:
        print(call_robot(node, what.value, patience))
