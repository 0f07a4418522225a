"""``./safereach pretrain``: learn a world model and a safe policy from a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fosp_agent.cli.given import given
from fosp_agent.cli.shipped import present

if TYPE_CHECKING:
    from fosp_agent.training.pretrain import Pretrainer


def pretrain(
    context: typer.Context,
    dataset: Annotated[Path, typer.Option(help="Folder of labelled episodes.")] = Path(
        "data/original"
    ),
    out: Annotated[Path, typer.Option(help="Folder of this run.")] = Path("runs/pretrain"),
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Weights of an earlier pretraining to begin with; they bring preset, agent and "
            "settings, which --set changes. Default: networks drawn by the seed."
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="tiny, small (the default), paper, gym_small or gym_paper."),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(help="fosp (the default), safedreamer, dreamerv3 or recovery_rl."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Gradient steps.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed of weights and batches.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint.")] = False,
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Override, such as actor.beta_cost=5, or as_printed: nothing beyond the paper; "
            "repeatable, or one a line.",
        ),
    ] = None,
    video_every: Annotated[
        int, typer.Option(min=0, help="Steps between two prediction videos; 0: none.")
    ] = 1000,
    device: Annotated[str, typer.Option(help="cpu, cuda or cuda:N.")] = "cpu",
    precision: Annotated[
        str | None, typer.Option(help="float32 or bfloat16; the preset's otherwise.")
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")] = 0,
    fuse: Annotated[
        bool,
        typer.Option(
            "--compile",
            help="Fuse the step by torch.compile. Takes minutes at the start of every process; on "
            "a CPU it needs a C++ compiler (g++) and gains nothing (preset small, one thread).",
        ),
    ] = False,
) -> None:
    """Train on a dataset with progress, TensorBoard, checkpoints and resume.

    On several GPUs, or processes: torchrun --nproc-per-node 2 -m fosp_agent.cli.main pretrain ...
    """
    import torch

    from fosp_agent.overrides import parse_overrides
    from fosp_agent.training.allocator import keep_freed_memory
    from fosp_agent.training.devices import training_device
    from fosp_agent.training.pretrain import Pretrainer
    from fosp_agent.training.pretrain_plan import PretrainPlan, asked_config, begun_plan

    keep_freed_memory()
    if threads:
        torch.set_num_threads(threads)
    overrides: dict[str, Any] = {}
    if precision:
        overrides["training.precision"] = precision
    if fuse:
        overrides["training.compile"] = True
    overrides |= parse_overrides(one for text in setting or [] for one in text.splitlines())
    weights = weights and present(weights)
    plan = PretrainPlan(dataset, out, steps, seed, weights, video_every=video_every)
    if resume:
        now = given(context, "dataset", "seed") | ({"weights": weights} if weights else {})
        plan = begun_plan(plan, now)
    asked = any((preset, agent, weights, overrides))
    config = asked_config(plan, preset, agent, overrides) if asked or not resume else None
    with training_device(device) as place:
        train(Pretrainer.open(plan, config, resume=resume, device=place))


def train(run: Pretrainer) -> None:
    """Train to the end and say how it goes; of several processes, the main one alone speaks."""
    from fosp_agent.cli.training_progress import TrainingProgress
    from fosp_agent.nn import distributed
    from fosp_agent.training.run_folder import BEST

    where = run.plan.run_dir
    with TrainingProgress(run.plan.steps, run.done, quiet=not distributed.is_main()) as progress:
        progress.say(
            f"pretraining {run.agent.config.agent} ({run.agent.config.preset}) on "
            f"{len(run.sampler)} episodes of {run.plan.dataset} ({len(run.held_out)} held out"
            + (f", {run.left_out} unlabelled or discarded" if run.left_out else "")
            + ")"
            + (f", begun with {run.plan.weights}" if run.plan.weights else "")
            + f"; checkpoints and TensorBoard in {where}"
        )
        for text in run.warnings:
            progress.warn(text)
        try:
            info = run.train(progress.show)
        except KeyboardInterrupt:
            progress.say(f"interrupted at step {run.done}; go on with --resume")
            raise typer.Exit(130) from None
    minutes = progress.seconds / 60
    progress.say(f"{run.done} steps, {minutes:.1f} min: {info.path} ({info.size / 1e6:.1f} MB)")
    if run.selection.score is not None:
        progress.say(
            f"best on held-out episodes: {where / BEST} of step {run.selection.step} "
            f"({run.agent.config.training.selection} score {run.selection.score:.3f})"
            + ("; stopped early" if run.selection.exhausted else "")
        )
    for text in run.warnings:
        progress.warn(text)
