"""``./safereach experiment``: the paper's experiments, each as one command that can be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fosp_agent.cli.experiment_options import (
    Dataset,
    DryRun,
    Jobs,
    Preset,
    Seeds,
    Setting,
    Steps,
    Threads,
    Weights,
    names_of,
    numbers_of,
    pretrained_of,
    seeds_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from fosp_agent.experiments.estimate import Estimate, Rates
    from fosp_agent.experiments.unit import Unit

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="The paper's experiments: resumable, several processes at once, and their report.",
)


@app.command()
def safereach(
    out: Annotated[Path, typer.Option(help="Folder of this experiment.")] = Path(
        "runs/experiments/safereach"
    ),
    seeds: Seeds = "5",
    variants: Annotated[
        str, typer.Option(help="Agents to compare, with commas; all: every one there is.")
    ] = "all",
    tasks: Annotated[
        str, typer.Option(help="Tasks to fine-tune on, with commas.")
    ] = "obstacle_shape,target_shape,three_obstacles",
    trials: Annotated[int, typer.Option(min=1, help="Trials on each task.")] = 40,
    updates: Annotated[int, typer.Option(min=0, help="Gradient steps after a trial.")] = 10,
    tests: Annotated[int, typer.Option(min=1, help="Tests before and after.")] = 20,
    steps: Steps = 2000,
    preset: Preset = "small",
    dataset: Dataset = Path("data/original"),
    modes: Annotated[
        str, typer.Option(help="How the tests act: sample, greedy, or both.")
    ] = "sample,greedy",
    trial_mode: Annotated[str, typer.Option(help="How the trials act.")] = "sample",
    weights: Weights = "last",
    pretrained: Annotated[
        list[str] | None,
        typer.Option(help="agent=weights.safetensors instead of pretraining it; repeatable."),
    ] = None,
    setting: Setting = None,
    jobs: Jobs = 1,
    threads: Threads = 0,
    dry_run: DryRun = False,
) -> None:
    """Table 3: pretrain; on each unseen task test, fine-tune over 40 trials, and test anew."""
    from fosp_agent.agents.variants import VARIANTS
    from fosp_agent.experiments.protocol import SafeReachPlan, safereach_units
    from fosp_agent.overrides import parse_overrides

    plan = SafeReachPlan(
        variants=tuple(VARIANTS) if variants == "all" else names_of(variants),
        seeds=seeds_of(seeds),
        tasks=names_of(tasks),
        preset=preset,
        dataset=dataset,
        steps=steps,
        trials=trials,
        updates=updates,
        tests=tests,
        modes=names_of(modes),
        trial_mode=trial_mode,
        weights=weights,
        overrides=parse_overrides(setting or ()),
        pretrained=pretrained_of(pretrained or []),
    )
    plan.check()
    _work(out, "safereach", safereach_units(plan), jobs, threads, dry_run=dry_run)


@app.command("dataset-ablation")
def dataset_ablation(
    out: Annotated[Path, typer.Option(help="Folder of this experiment.")] = Path(
        "runs/experiments/dataset-ablation"
    ),
    seeds: Seeds = "1",
    ratios: Annotated[str, typer.Option(help="safe:unsafe, with commas.")] = "1:0,3:1,1:1,1:3,0:1",
    ratio_size: Annotated[int, typer.Option(min=1, help="Episodes at each ratio.")] = 50,
    sizes: Annotated[str, typer.Option(help="Episodes at the paper's mix.")] = "25,50,100,200",
    variant: Annotated[str, typer.Option(help="Which agent.")] = "fosp",
    tests: Annotated[int, typer.Option(min=1, help="Tests on the original task.")] = 100,
    steps: Steps = 2000,
    preset: Preset = "small",
    dataset: Dataset = Path("data/original"),
    modes: Annotated[str, typer.Option(help="How the tests act.")] = "sample",
    weights: Weights = "last",
    setting: Setting = None,
    jobs: Jobs = 1,
    threads: Threads = 0,
    dry_run: DryRun = False,
) -> None:
    """Figure 6: pretrain on parts of the demonstrations, and test on the original task."""
    from fosp_agent.experiments.dataset_ablation import DatasetAblationPlan, ablation_units
    from fosp_agent.overrides import parse_overrides

    plan = DatasetAblationPlan(
        ratios=names_of(ratios),
        ratio_size=ratio_size,
        sizes=numbers_of(sizes, "--sizes"),
        seeds=seeds_of(seeds),
        variant=variant,
        preset=preset,
        dataset=dataset,
        steps=steps,
        tests=tests,
        modes=names_of(modes),
        weights=weights,
        overrides=parse_overrides(setting or ()),
    )
    plan.check()
    _work(out, "dataset-ablation", ablation_units(plan), jobs, threads, dry_run=dry_run)


@app.command()
def readings(
    out: Annotated[Path, typer.Option(help="Folder of this experiment.")] = Path(
        "runs/experiments/readings"
    ),
    names: Annotated[
        str,
        typer.Option("--readings", help="Which, with commas; all: those that the preset lacks."),
    ] = "all",
    stage: Annotated[
        str, typer.Option(help="offline (pretrain with each), online (fine-tune with each) or all.")
    ] = "all",
    seeds: Seeds = "1",
    steps: Steps = 600,
    tests: Annotated[int, typer.Option(min=1, help="After pretraining, original task.")] = 100,
    tasks: Annotated[
        str, typer.Option(help="Tasks to fine-tune on, with commas.")
    ] = "target_shape,three_obstacles",
    trials: Annotated[int, typer.Option(min=1, help="Trials on each task.")] = 40,
    updates: Annotated[int, typer.Option(min=0, help="Gradient steps after a trial.")] = 10,
    online_tests: Annotated[
        int, typer.Option(min=1, help="Before and after fine-tuning, on each of its tasks.")
    ] = 40,
    preset: Preset = "small",
    dataset: Dataset = Path("data/original"),
    modes: Annotated[str, typer.Option(help="How the tests act.")] = "sample",
    trial_mode: Annotated[str, typer.Option(help="How the trials act.")] = "sample",
    weights: Weights = "last",
    pretrained: Annotated[
        str,
        typer.Option(
            help="Weights that fine-tuning begins with, {seed} standing for the seed; none: the "
            "pretraining of the reading `default`."
        ),
    ] = "",
    setting: Setting = None,
    jobs: Jobs = 1,
    threads: Threads = 0,
    dry_run: DryRun = False,
) -> None:
    """The paper's open readings, one switch at a time, each beside the losses as printed."""
    from fosp_agent.experiments.readings import stages_named
    from fosp_agent.experiments.readings_plan import ReadingsPlan, readings_units
    from fosp_agent.overrides import parse_overrides

    plan = ReadingsPlan(
        readings=() if names == "all" else names_of(names),
        stages=stages_named(stage),
        seeds=seeds_of(seeds),
        preset=preset,
        dataset=dataset,
        steps=steps,
        tests=tests,
        tasks=names_of(tasks),
        trials=trials,
        updates=updates,
        online_tests=online_tests,
        modes=names_of(modes),
        trial_mode=trial_mode,
        weights=weights,
        overrides=parse_overrides(setting or ()),
        pretrained=pretrained,
    )
    plan.check()
    _work(out, "readings", readings_units(plan), jobs, threads, dry_run=dry_run)


@app.command()
def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders of experiments whose results are taken in; none: those there."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The page; its data and plots go beside it.")] = Path(
        "docs/results.md"
    ),
    drop_outdated: Annotated[
        bool,
        typer.Option(
            "--drop-outdated",
            help="Remove results that are there and began with weights that are now replaced.",
        ),
    ] = False,
) -> None:
    """Write docs/results.md: tables, plots and the hand-written parts of docs/results/."""
    from rich.console import Console

    from fosp_agent.experiments.report.page import write_page

    written = write_page(out, folders or [], drop_outdated=drop_outdated)
    Console().print(f"written: {written.page} with {len(written.plots)} plots", soft_wrap=True)


def _work(
    out: Path, kind: str, units: Sequence[Unit], jobs: int, threads: int, *, dry_run: bool
) -> None:
    from rich.console import Console

    from fosp_agent.cli.experiment_progress import LineWatcher, ScreenWatcher
    from fosp_agent.experiments.estimate import estimate, rates_for
    from fosp_agent.experiments.folder import note_kind
    from fosp_agent.experiments.jobs import Team
    from fosp_agent.experiments.provenance import command_line

    console = Console()
    team = Team(out, units, command_line(), jobs, threads)
    if dry_run:
        import torch

        torch.set_num_threads(team.threads_each)
        rates = rates_for(out, units)
        _print_estimate(console, estimate(out, units, rates), rates, jobs)
        return
    note_kind(out, kind)
    _warn_of_later_settings(console, out, units)
    screen = jobs == 1 and console.is_terminal
    try:
        failures = team.work(ScreenWatcher(out, units) if screen else LineWatcher(jobs))
    except KeyboardInterrupt:
        console.print("interrupted; the same command goes on from here")
        raise typer.Exit(130) from None
    for path, why in failures.items():
        console.print(f"[red]not done[/red]: {path}: {why}", soft_wrap=True)
    if failures:
        raise typer.Exit(1)
    console.print(
        f"all {len(units)} units done; ./safereach experiment report {out} writes docs/results.md",
        soft_wrap=True,
    )


def _warn_of_later_settings(console: Console, out: Path, units: Sequence[Unit]) -> None:
    from fosp_agent.experiments.unit import require_all_same

    if later := require_all_same(units, out):
        console.print(
            f"[yellow]warning[/yellow]: {out} was begun before these settings existed: "
            f"{', '.join(later)}; they are at their defaults, so it goes on",
            soft_wrap=True,
        )


def _print_estimate(console: Console, found: Estimate, rates: Rates, jobs: int) -> None:
    total = sum(found.units.values())
    console.print(f"{total} units, {found.done} of them done")
    for kind, count in found.units.items():
        console.print(f"  {count:4d} {kind:9s} {found.seconds[kind] / 3600:7.2f} h left")
    console.print(
        f"{rates.step:.3f} s a gradient step, {rates.episode:.2f} s an episode ({rates.source})"
    )
    console.print(
        f"about {found.hours(jobs):.2f} h with {jobs} process{'es' if jobs > 1 else ''}, if they "
        "do not slow each other down"
    )
