"""``./safereach dataset``: look at the episodes of a folder, check them, repair one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from fosp_agent.episodes.check import DatasetReport
    from fosp_agent.episodes.store import EpisodeStore

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List, check and repair recorded episodes."
)

Folder = Annotated[Path, typer.Argument(help="Folder of episodes, e.g. data/original.")]


def open_store(folder: Path) -> EpisodeStore:
    """The store of a dataset folder or of a run folder (its ``episodes``).

    Raises:
        EpisodeError: there is no such folder, or no episode in it.
    """
    from fosp_agent.episodes.errors import EpisodeError
    from fosp_agent.episodes.store import EpisodeStore

    store = EpisodeStore.of(folder)
    if not store.ids() and not store.unfinished():
        raise EpisodeError(
            f"{store.path} holds no episode; make some with `./safereach demonstrate`"
        )
    return store


@app.command("list")
def list_episodes(folder: Folder) -> None:
    """One line an episode, in the order recorded."""
    from rich.console import Console
    from rich.table import Table

    from fosp_agent.episodes.errors import EpisodeError

    store = open_store(folder)
    table = Table("episode", "task", "seed", "observations", "label", title=str(store.path))
    for episode_id in store.ids():
        try:
            info = store.info(episode_id)
        except EpisodeError:
            table.add_row(episode_id, "", "", "unreadable", "")
            continue
        label = f"revision {info.label_revision}" if info.label_revision else "none"
        seed = "" if info.seed is None else str(info.seed)
        label = "discarded" if info.discarded else label
        table.add_row(info.id, info.task, seed, str(info.observations), label)
    for path in store.unfinished():
        table.add_row(path.name, "", "", "unfinished", "")
    Console().print(table)


@app.command()
def check(
    folder: Folder,
    observations: Annotated[
        int, typer.Option(help="Observations an episode must have; 0: any number.")
    ] = 81,
) -> None:
    """Read every file, count the four kinds, and exit with 1 if anything is wrong."""
    from rich.console import Console

    from fosp_agent.episodes.check import check_dataset

    store = open_store(folder)
    report = check_dataset(store, observations or None)
    console = Console()
    _print_mix(console, report, str(store.path))
    for file in report.files:
        for problem in file.problems:
            console.print(f"[red]{file.id}[/red]: {problem}", highlight=False, soft_wrap=True)
    for problem in report.problems:
        console.print(f"[red]{store.path}[/red]: {problem}", highlight=False, soft_wrap=True)
    if not report.ok:
        raise typer.Exit(1)
    console.print(f"[green]all {len(report.files)} files are complete and consistent[/green]")


@app.command()
def scatter(
    folders: Annotated[list[Path], typer.Argument(help="Folders of episodes.")],
    out: Annotated[Path, typer.Option(help="PNG to write.")] = Path("scatter.png"),
) -> None:
    """Return and cost of every trajectory, by who drove it: a table, and a picture."""
    from rich.console import Console
    from rich.table import Table

    from fosp_agent.episodes.spread import draw, points, table

    console = Console()
    found = {folder.resolve().name: points(open_store(folder)) for folder in folders}
    for name, of in found.items():
        rows = Table("who", "trajectories", "return", "cost", title=name)
        for row in table(of):
            rows.add_row(*row)
        console.print(rows)
    draw(dict(found), out)
    console.print(f"picture: {out}", highlight=False)


@app.command()
def counts(folder: Folder) -> None:
    """The paper's four kinds, by the labels: how many there are, and how many are still missing."""
    from collections import Counter

    from rich.console import Console
    from rich.table import Table

    from fosp_agent.episodes.check import KINDS, PAPER_MIX, labelled_kind

    store = open_store(folder)
    found = Counter(labelled_kind(store, episode_id) for episode_id in store.ids())
    table = Table("kind", "episodes", "paper", "missing", title=str(store.path))
    for kind in (*KINDS, *sorted(set(found) - set(KINDS))):
        wanted = PAPER_MIX.get(kind)
        missing = "" if wanted is None else str(max(0, wanted - found[kind]))
        table.add_row(kind, str(found[kind]), "" if wanted is None else str(wanted), missing)
    Console().print(table)


@app.command()
def repair(
    file: Annotated[Path, typer.Argument(help="A damaged .mcap or a left-over .mcap.active.")],
) -> None:
    """Save every complete message of a damaged episode; the original is kept as .broken."""
    from fosp_agent.episodes.repair import repair as repair_file

    repaired = repair_file(file)
    typer.echo(
        f"{repaired.path}: {repaired.observations} observations saved ({repaired.damage}); "
        f"the original is {repaired.original}"
    )


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="New folder to write.")],
    format_name: Annotated[str, typer.Option("--format", help="lerobot, minari, dsrl or npz.")],
    rate: Annotated[
        float, typer.Option(help="Decisions a second [Hz], for formats with times.")
    ] = 10.0,
) -> None:
    """Write the labelled episodes in the format of another library."""
    from rich.progress import Progress

    from fosp_agent.episodes.export.exporter import export as export_to
    from fosp_agent.episodes.export.exporter import labelled_ids

    store = open_store(folder)
    ids = labelled_ids(store)
    with Progress() as progress:
        bar = progress.add_task(f"exporting to {format_name}", total=len(ids))
        export_to(
            store, ids, format_name, out, rate, lambda done, _: progress.update(bar, completed=done)
        )
    left = len(store.ids()) - len(ids)
    typer.echo(f"{out}: {len(ids)} episodes; {left} without a label or discarded are left out")


@app.command()
def merge(
    folders: Annotated[list[Path], typer.Argument(help="Folders of episodes.")],
    out: Annotated[Path, typer.Option(help="New folder to write.")],
) -> None:
    """Copy the episodes of several folders into a new one, with every revision of their labels."""
    from rich.progress import Progress

    from fosp_agent.episodes.reshape import merge as merge_stores

    stores = [open_store(folder) for folder in folders]
    with Progress() as progress:
        bar = progress.add_task("merging")
        count = merge_stores(
            stores, out, lambda done, total: progress.update(bar, completed=done, total=total)
        )
    typer.echo(f"{out}: {count} episodes")


@app.command()
def split(
    folder: Folder,
    train: Annotated[Path, typer.Option(help="New folder for the larger part.")],
    held_out: Annotated[Path, typer.Option(help="New folder for the held-out part.")],
    share: Annotated[float, typer.Option(help="Share of each kind to hold out.")] = 0.1,
) -> None:
    """Copy a folder into two new ones, with the same mix of the four kinds."""
    from rich.progress import Progress

    from fosp_agent.episodes.reshape import split as split_store

    store = open_store(folder)
    with Progress() as progress:
        bar = progress.add_task("splitting")
        counted = split_store(
            store,
            share,
            train,
            held_out,
            lambda done, total: progress.update(bar, completed=done, total=total),
        )
    typer.echo(f"{train}: {counted[0]} episodes; {held_out}: {counted[1]}")


def _print_mix(console: Console, report: DatasetReport, title: str) -> None:
    from rich.table import Table

    from fosp_agent.episodes.check import PAPER_MIX

    table = Table("kind", "episodes", "share", "paper", title=title)
    total = len(report.files)
    for kind, count in report.counts().items():
        paper = f"{PAPER_MIX[kind] / 2:.0f} %" if kind in PAPER_MIX else ""
        table.add_row(kind, str(count), f"{100 * count / max(total, 1):.0f} %", paper)
    observations = sum(file.observations for file in report.files)
    table.add_section()
    table.add_row("all", str(total), "", f"{sum(PAPER_MIX.values())} episodes")
    console.print(table)
    console.print(
        f"{observations} observations, {100 * report.contact_share():.1f} % of them in contact",
        highlight=False,
    )
