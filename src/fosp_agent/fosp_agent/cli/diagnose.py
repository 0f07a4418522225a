"""``./safereach diagnose``: what a policy's model knows about recorded episodes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fosp_agent.cli.shipped import SHIPPED_WEIGHTS, present

if TYPE_CHECKING:
    from fosp_agent.training.held_out import HeldOut


def diagnose(
    weights: Annotated[Path, typer.Option(help="Weights file (safetensors).")] = SHIPPED_WEIGHTS,
    dataset: Annotated[
        Path, typer.Option(help="Folder of labelled episodes: demonstrations, or a run's episodes.")
    ] = Path("data/original"),
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for diagnosis.json, reliability.png, and open_loop.gif and .png."
        ),
    ] = None,
    held_out: Annotated[
        float,
        typer.Option(min=0.01, max=0.9, help="Share that the pretraining on this folder held out."),
    ] = 0.1,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Measure on all episodes: a policy's own roll-outs, say."),
    ] = False,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0: all.")] = 0,
) -> None:
    """Print AUC and calibration of the cost, reward and reachability heads; write JSON and PNG."""
    import torch
    from rich.console import Console

    from fosp_agent.training.diagnosis import as_record, held_out_part, write_diagram, write_record
    from fosp_agent.training.held_out import measure
    from fosp_agent.training.open_loop_video import choose_episodes, predict, write_video
    from fosp_agent.training.pretrain import load_dataset
    from fosp_agent.training.weights import load_weights

    if threads:
        torch.set_num_threads(threads)
    weights = present(weights)
    loaded = load_weights(weights)
    episodes = load_dataset(dataset, loaded.config)
    total = len(episodes)
    if not everything:
        episodes = held_out_part(episodes, held_out)
    if not episodes:
        raise typer.BadParameter(
            f"{dataset} has {total} labelled episodes, too few to hold out {held_out:g} of each "
            "kind; give a larger --held-out, or --all"
        )
    console = Console()
    found = measure(loaded.networks, episodes)
    which = f"all {total}" if everything else f"{len(episodes)} held-out of {total}"
    title = f"{weights} on {which} episodes of {dataset}"
    print_table(console, found, title)
    if loaded.info.version and not everything:
        console.print(
            "these weights were fine-tuned: where that drew from this dataset, it drew from the "
            "held-out episodes, too"
        )
    if out is not None:
        facts = {"weights": str(weights), "sha256": loaded.info.sha256, "dataset": str(dataset)}
        facts["measured"] = "all" if everything else "held out"
        write_record(out / "diagnosis.json", facts | as_record(found))
        write_diagram(out / "reliability.png", found, title)
        write_video(out, "open_loop", predict(loaded.networks, choose_episodes(episodes)))
        names = ("diagnosis.json", "reliability.png", "open_loop.gif", "open_loop.png")
        written = ", ".join(name for name in names if (out / name).exists())
        console.print(f"written: {written} in {out}")


def print_table(console: object, found: HeldOut, title: str) -> None:
    """One row a signal."""
    from rich.console import Console
    from rich.table import Table

    assert isinstance(console, Console)
    table = Table()
    table.add_column("signal", no_wrap=True)
    for column in ("AUC", "ECE", "events", "of", "mean at events", "elsewhere"):
        table.add_column(column, justify="right")
    for name, signal in found.signals.items():
        numbers = (signal.auc, signal.calibration_error)
        means = (signal.at_positives, signal.at_negatives)
        table.add_row(
            name,
            *(_shown(x) for x in numbers),
            str(signal.positives),
            str(signal.total),
            *(_shown(x) for x in means),
        )
    console.print(title, soft_wrap=True)
    console.print(table)
    console.print(
        "open_K: K steps ahead without a look; onset: only where there is no contact yet; "
        "policy's negative log-likelihood of the recorded actions "
        f"{found.losses['cloning']:.2f}"
    )


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
