"""``./safereach episode``: start, stop or abort an episode of a running stack."""

from __future__ import annotations

from typing import Annotated

import typer

from fosp_agent.cli.verb_argument import one_of
from fosp_agent.control.verbs import EPISODE_VERBS


def episode(
    what: Annotated[str, one_of(EPISODE_VERBS)],
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Start, stop or abort an episode of the running session."""
    from fosp_agent.ros.operator import ask, operator

    with operator() as node:
        print(ask(node, what, patience))
