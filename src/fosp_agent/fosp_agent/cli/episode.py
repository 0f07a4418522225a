"""``./safereach episode``: start, stop or abort an episode of a running stack."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class What(str, Enum):
    """What to do."""

    start = "start"
    stop = "stop"
    abort = "abort"


def episode(
    what: Annotated[What, typer.Argument(help="start, stop (keep it) or abort (drop it).")],
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Start, stop or abort an episode of the running session."""
    from fosp_agent.ros.operator import call_session, operator

    with operator() as node:
        print(call_session(node, what.value, patience))
