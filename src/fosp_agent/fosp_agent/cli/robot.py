"""``./safereach robot``: what a person asks of the arm between and during episodes."""

from __future__ import annotations

from typing import Annotated

import typer

from fosp_agent.cli.verb_argument import one_of
from fosp_agent.control.verbs import ROBOT_VERBS


def robot(
    what: Annotated[str, one_of(ROBOT_VERBS)],
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Bring the arm back, say that the scene is set, recover it, or hold it still."""
    from fosp_agent.ros.operator import ask, operator

    with operator() as node:
        print(ask(node, what, patience))
