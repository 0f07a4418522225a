"""``./safereach robot``: what a person asks of the arm between and during episodes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from fosp_agent.control.robot_verbs import VERBS


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
            help=", ".join(f"{name} ({verb.words})" for name, verb in VERBS.items()) + "."
        ),
    ],
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Bring the arm back, say that the scene is set, recover it, or hold it still."""
    from fosp_agent.ros.operator import call_robot, operator

    with operator() as node:
        print(call_robot(node, what.value, patience))
