"""``./safereach evaluate``: seeded tests, and what the environment wants to be judged by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from fosp_agent.cli.shipped import SHIPPED_WEIGHTS, present


def evaluate(
    weights: Annotated[Path, typer.Option(help="Weights file (safetensors).")] = SHIPPED_WEIGHTS,
    environment: Annotated[str, typer.Option(help="Simulated robot.")] = "safereach",
    task: Annotated[str, typer.Option(help="Task of that robot.")] = "original",
    tests: Annotated[int, typer.Option(min=1, help="Number of seeded tests.")] = 100,
    seed: Annotated[int, typer.Option(help="Seed of the first test; the others follow.")] = 1000,
    mode: Annotated[str, typer.Option(help="sample, greedy or cloning (the floor).")] = "sample",
    agent: Annotated[
        str, typer.Option(help="Agent that the weights must be of; empty: whichever they are.")
    ] = "",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the network.")] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Acting-time setting section.key=value, e.g. planning.horizon=8; repeatable.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that test side by side.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Run N seeded tests: SR, CV and safe SR, or reward, cost and cost regret, by environment."""
    import torch
    from rich.progress import track

    from fosp_agent.control.policy_runner import as_mode
    from fosp_agent.overrides import parse_overrides
    from fosp_agent.training.evaluate import report, run_tests
    from fosp_agent.training.weights import load_weights

    torch.set_num_threads(threads)
    overrides = parse_overrides(settings or ())
    weights = present(weights)
    if agent:
        load_weights(weights, agent)
    found = run_tests(
        weights,
        environment,
        task,
        tests=tests,
        seed=seed,
        mode=as_mode(mode),
        overrides=overrides,
        workers=workers,
    )
    shown = found if as_json else track(found, "testing", total=tests)
    summary = report(list(shown))
    summary |= {"weights": str(weights), "task": task, "mode": mode, "first_seed": seed}
    summary["settings"] = overrides
    if as_json:
        print(json.dumps(summary))
        return
    print_report(summary)


def print_report(summary: dict[str, Any]) -> None:
    """What the environment is judged by, as a table."""
    from rich.console import Console
    from rich.table import Table

    from fosp_agent.training.measures import rows

    title = (
        f"{summary['weights']} on {summary['task']}, mode {summary['mode']}, "
        f"{summary['tests']} tests from seed {summary['first_seed']}"
    )
    table = Table(title=title, title_justify="left")
    for column in ("", "value", "95 % interval"):
        table.add_column(column)
    for row in rows(summary):
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print(
        f"mean return {summary['mean_return']:.1f}, mean cost {summary['mean_cost']:.1f}, "
        f"new policy acted in {100 * summary['new_policy_share']:.0f} % of the steps"
    )
    if summary["settings"]:
        console.print(*(f"{key}={value}" for key, value in summary["settings"].items()))
        console.print(
            f"planning dropped {100 * summary['dropped_share']:.0f} % of the candidates, all of "
            f"them in {100 * summary['all_dropped_share']:.0f} % of the steps; the shield replaced "
            f"{100 * summary['replaced_share']:.0f} % and held {100 * summary['held_share']:.0f} % "
            "of the steps"
        )
