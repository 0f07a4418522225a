"""``./safereach pretrain``: learn a world model and a safe policy from a dataset."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer


def pretrain(
    dataset: Annotated[Path, typer.Option(help="Folder of labelled episodes.")] = Path(
        "data/original"
    ),
    out: Annotated[Path, typer.Option(help="Folder of this run.")] = Path("runs/pretrain"),
    preset: Annotated[str | None, typer.Option(help="tiny, small (the default) or paper.")] = None,
    agent: Annotated[
        str | None,
        typer.Option(help="fosp (the default), safedreamer, dreamerv3 or recovery_rl."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override, such as actor.beta_cost=5; repeatable."),
    ] = None,
    video_every: Annotated[
        int, typer.Option(min=0, help="Steps between two prediction videos; 0: none.")
    ] = 1000,
    threads: Annotated[int, typer.Option(help="CPU threads; 0: all.")] = 0,
) -> None:
    """Train on a dataset with progress, TensorBoard, checkpoints and resume."""
    import torch
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from fosp_agent.config import load_preset
    from fosp_agent.settings import parse_override
    from fosp_agent.training.pretrain import BEST, Pretrainer, PretrainPlan

    if threads:
        torch.set_num_threads(threads)
    overrides = {"agent": agent} if agent else {}
    overrides |= dict(parse_override(text) for text in setting or [])
    asked = preset is not None or bool(overrides)
    config = load_preset(preset or "small", overrides) if asked or not resume else None
    plan = PretrainPlan(dataset, out, steps, seed, video_every=video_every)
    run = Pretrainer.open(plan, config, resume=resume)
    console = Console()
    console.print(
        f"pretraining {run.agent.config.agent} ({run.agent.config.preset}) on "
        f"{len(run.sampler)} episodes of {dataset} "
        f"({len(run.held_out)} held out); checkpoints and TensorBoard in {out}"
    )
    started, first = time.monotonic(), run.done
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=steps, completed=run.done)

        def show(done: int, metrics: dict[str, float]) -> None:
            rate = (done - first) / (time.monotonic() - started)
            text = "  ".join(f"{k} {metrics[f'loss/{k}']:.3g}" for k in ("image", "reward", "cost"))
            bar.update(task, completed=done, description=f"{rate:.2f} steps/s  {text}")
            if not console.is_terminal:
                console.print(f"step {done}/{steps}  {rate:.2f} steps/s  {text}", soft_wrap=True)

        try:
            info = run.train(show)
        except KeyboardInterrupt:
            console.print(f"interrupted at step {run.done}; go on with --resume")
            raise typer.Exit(130) from None
    seconds = time.monotonic() - started
    console.print(
        f"{run.done} steps, {seconds / 60:.1f} min: {info.path} ({info.size / 1e6:.1f} MB)"
    )
    if run.selection.score is not None:
        console.print(
            f"best on held-out episodes: {out / BEST} of step {run.selection.step} "
            f"({run.agent.config.training.selection} score {run.selection.score:.3f})"
            + ("; stopped early" if run.selection.exhausted else ""),
            soft_wrap=True,
        )
