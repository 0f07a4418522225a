"""Verbs of ``./safereach`` for Safety-Gymnasium: collect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_sim_bridge.safety_gymnasium.collect import Request, Written

Count = Annotated[int, typer.Option(min=0, help="Trajectories of this behaviour.")]


def collect(
    out: Annotated[Path, typer.Option(help="Folder to make, or to continue.")],
    task: Annotated[str, typer.Option(help="A Safety-Gymnasium task.")] = "PointGoal1",
    random: Count = 200,
    safe: Count = 200,
    unsafe: Count = 200,
    seed: Annotated[int, typer.Option(min=0, help="The set is a function of it.")] = 0,
    action_repeat: Annotated[int, typer.Option(min=1, help="Steps a decision.")] = 4,
    workers: Annotated[int, typer.Option(min=1, help="Processes that drive.")] = 1,
) -> None:
    """Let scripted behaviours drive a Safety-Gymnasium task; one MCAP file a trajectory."""
    import time

    from fosp_agent.errors import UserError
    from fosp_sim_bridge.safety_gymnasium.collect import Request

    request = Request(task, random, safe, unsafe, seed, action_repeat)
    started = time.monotonic()
    try:
        written, total = _collect(out, request, workers)
    except ValueError as error:
        raise UserError(str(error)) from error
    minutes = (time.monotonic() - started) / 60
    print(f"{out}: {written} written in {minutes:.1f} min, {total} in all")


def _collect(out: Path, request: Request, workers: int) -> tuple[int, int]:
    """How many trajectories were written, and how many there are; shown while they come."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from fosp_sim_bridge.safety_gymnasium.collect import collect as run

    total = len(request.jobs())
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console()
    with Progress(*columns, console=console) as bar:
        row = bar.add_task("starting", total=total)

        def show(count: int, written: Written | None) -> None:
            text = "found" if written is None else _outcome(written)
            bar.update(row, completed=count, description=text)
            if written is not None and not console.is_terminal:
                console.print(f"{count}/{total}  {written.episode_id}  {text}", soft_wrap=True)

        return run(out, request, workers, show), total


def _outcome(written: Written) -> str:
    return f"{written.kind}: return {written.episode_return:.1f}, cost {written.episode_cost:.0f}"
