"""``./safereach label``: list, look at and label the episodes of a run, from a terminal."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
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
    listed: Annotated[
        bool, typer.Option("--list", help="List the run's episodes and their labels, and end.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(help="Write the episode as a PNG of numbered frames here, and end."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder of the run, for --list and --sheet (newest).")
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 10.0,
) -> None:
    """Label one recorded episode; steps in no span are 0."""
    if listed:
        list_labels(run)
        return
    if sheet is not None:
        print(write_sheet(episode, sheet, run))
        return
    rewards, costs = parse_spans(reward or []), parse_spans(cost or [])

    from fosp_agent.ros.operator import Label, give_label, operator

    wanted = Label(episode, rewards, costs, relabel, discard, getpass.getuser(), note)
    with operator() as node:
        print(give_label(node, wanted, patience))


def list_labels(run: Path | None) -> None:
    """One line an episode of a run: its id, length and label."""
    from rich.console import Console
    from rich.table import Column, Table

    from fosp_agent.cli.runs import episodes_of, run_folder
    from fosp_agent.episodes.errors import EpisodeError

    store = episodes_of(run_folder(run))
    episode = Column("episode", overflow="fold", min_width=max(map(len, store.ids()), default=7))
    table = Table(episode, "observations", "label", "return", "cost", title=str(store.path))
    for episode_id in store.ids():
        try:
            observations = str(store.info(episode_id).observations)
        except EpisodeError:
            table.add_row(episode_id, "damaged", "", "", "")
            continue
        given = store.labels.latest(episode_id)
        if given is None:
            table.add_row(episode_id, observations, "[bold]none[/bold]", "", "")
            continue
        words = f"revision {given.revision}" + (", discarded" if given.discard else "")
        sums = (f"{float(values.sum()):g}" for values in (given.reward, given.cost))
        table.add_row(episode_id, observations, words, *sums)
    Console().print(table)


def write_sheet(episode: str, path: Path, run: Path | None) -> str:
    """Write an episode (empty: the first without a label, else the newest) as a contact sheet.

    Raises:
        UserError: there is no such run or episode.
    """
    from fosp_agent.cli.runs import episodes_of, run_folder
    from fosp_agent.console.contact_sheet import contact_sheet

    store = episodes_of(run_folder(run))
    ids = store.ids()
    if not ids:
        raise UserError(f"{store.path} holds no episode yet; record one: ./safereach launch record")
    unlabelled = [one for one in ids if store.labels.latest(one) is None]
    chosen = episode or (unlabelled + ids[-1:])[0]
    contact_sheet(store.load(chosen)).save(path, "PNG")
    return f"{path}: the frames of {chosen}; label it: ./safereach label {chosen} --reward 60-80"
