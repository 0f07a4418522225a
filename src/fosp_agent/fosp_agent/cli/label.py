"""``./safereach label``: label an episode of a running stack, as /label_episode takes it."""

from __future__ import annotations

import getpass
import re
from typing import Annotated

import typer

from fosp_agent.errors import UserError


def parse_spans(texts: list[str]) -> list[tuple[int, int]]:
    """``60-80`` or ``7`` as first and last step.

    Raises:
        UserError: a text is not a span.
    """
    spans = []
    for text in texts:
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
        if match is None:
            raise UserError(f"'{text}' is not a span of steps: write 60-80, or 7 for one step")
        spans.append((int(match[1]), int(match[2] or match[1])))
    return spans


def label(
    episode: Annotated[
        str, typer.Argument(help="Episode id; left out: the one that awaits its label.")
    ] = "",
    reward: Annotated[
        list[str] | None, typer.Option(help="Steps with reward 1, such as 60-80; repeatable.")
    ] = None,
    cost: Annotated[
        list[str] | None, typer.Option(help="Steps with cost 1, such as 10-14; repeatable.")
    ] = None,
    relabel: Annotated[bool, typer.Option("--relabel", help="Replace an earlier label.")] = False,
    discard: Annotated[bool, typer.Option("--discard", help="Never learn from it.")] = False,
    note: Annotated[str, typer.Option(help="Anything worth remembering.")] = "",
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Label one recorded episode; steps in no span are 0."""
    rewards, costs = parse_spans(reward or []), parse_spans(cost or [])

    from fosp_agent.ros.operator import Label, give_label, operator

    wanted = Label(episode, rewards, costs, relabel, discard, getpass.getuser(), note)
    with operator() as node:
        print(give_label(node, wanted, patience))
