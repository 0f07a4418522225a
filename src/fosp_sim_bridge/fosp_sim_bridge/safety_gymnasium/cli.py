"""Verbs of ``./safereach`` for Safety-Gymnasium: collect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_sim_bridge.safety_gymnasium.collect import Written

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

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from fosp_agent.errors import UserError
    from fosp_sim_bridge.safety_gymnasium.collect import Request
    from fosp_sim_bridge.safety_gymnasium.collect import collect as run

    request = Request(task, random, safe, unsafe, seed, action_repeat)
    total = len(request.jobs()) if random + safe + unsafe else 0
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console()
    started = time.monotonic()
    try:
        with Progress(*columns, console=console) as bar:
            row = bar.add_task("starting", total=total)

            def show(count: int, written: Written | None) -> None:
                text = "found"
                if written is not None:
                    text = (
                        f"{written.kind}: return {written.episode_return:.1f}, "
                        f"cost {written.episode_cost:.0f}"
                    )
                bar.update(row, completed=count, description=text)
                if written is not None and not console.is_terminal:
                    console.print(f"{count}/{total}  {written.episode_id}  {text}", soft_wrap=True)

            written = run(out, request, workers, show)
    except ValueError as error:
        raise UserError(str(error)) from error
    minutes = (time.monotonic() - started) / 60
    print(f"{out}: {written} written in {minutes:.1f} min, {total} in all")
