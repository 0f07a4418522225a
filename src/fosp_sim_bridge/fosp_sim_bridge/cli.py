"""Verbs of ``./safereach`` that need the simulator: demonstrate, picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_agent.types import Episode


def demonstrate(
    out: Annotated[Path, typer.Option(help="Folder to make, or to continue.")],
    episodes: Annotated[int, typer.Option(min=1, help="How many; 200 is the paper's set.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The set is a function of it.")] = 0,
    task: Annotated[str, typer.Option(help="A SafeReach task.")] = "original",
) -> None:
    """Let a scripted person demonstrate SafeReach, and write one MCAP file an episode."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from fosp_agent.errors import UserError
    from fosp_sim_bridge.demonstrator.collect import DemonstrationError
    from fosp_sim_bridge.demonstrator.dataset import Request, write_dataset
    from fosp_sim_bridge.safereach.tasks import task_named

    columns = (
        TextColumn("demonstrations"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[kind]}"),
    )
    try:
        task_named(task)
        with Progress(*columns) as progress:
            bar = progress.add_task("", total=episodes, kind="")

            def show(count: int, episode: Episode | None) -> None:
                kind = episode.metadata["kind"] if episode else ""
                progress.update(bar, completed=count, kind=kind)

            written = write_dataset(out, Request(task, episodes, seed), show)
    except (ValueError, DemonstrationError) as error:
        raise UserError(str(error)) from error
    print(
        f"{out}: {written} written, {episodes} in all; check them: ./safereach dataset check {out}"
    )


def picture(
    out: Annotated[Path, typer.Option(help="PNG to write.")] = Path("docs/images/tasks.png"),
) -> None:
    """Draw every task: what a person sees, and what the policy sees."""
    from fosp_sim_bridge.picture import write_picture

    write_picture(out)
    print(out)
