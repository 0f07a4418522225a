"""Options that several of the experiments have, and how their texts are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Seeds = Annotated[str, typer.Option(help="How many (5: seeds 0 to 4), or which (0,3).")]
Steps = Annotated[int, typer.Option(min=1, help="Gradient steps of each pretraining.")]
Preset = Annotated[str, typer.Option(help="tiny, small, paper, gym_small or gym_paper.")]
Dataset = Annotated[Path, typer.Option(help="Folder of labelled demonstrations.")]
Weights = Annotated[
    Literal["last", "best"],
    typer.Option(help="Of a pretraining: the last, or the best on its held-out episodes."),
]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override for every agent, such as actor.beta_cost=5; repeatable."),
]
Jobs = Annotated[int, typer.Option(min=1, help="Processes that work side by side.")]
Threads = Annotated[int, typer.Option(min=0, help="CPU threads a process; 0: PyTorch's / jobs.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the number of units and the time they will take.")
]


def names_of(text: str) -> tuple[str, ...]:
    """Names with commas, each once."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def pretrained_of(texts: list[str]) -> dict[str, Path]:
    """agent=path to agent and path.

    Raises:
        typer.BadParameter: there is no equals sign.
    """
    found = {}
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign:
            raise typer.BadParameter(f"--pretrained {text!r}: write agent=weights.safetensors")
        found[name] = Path(path)
    return found


def numbers_of(text: str, option: str) -> tuple[int, ...]:
    """Whole numbers with commas.

    Raises:
        typer.BadParameter: naming the option.
    """
    try:
        return tuple(int(part) for part in names_of(text))
    except ValueError:
        raise typer.BadParameter(f"{option} {text!r}: give whole numbers with commas") from None


def seeds_of(text: str) -> tuple[int, ...]:
    """How many, or which.

    Raises:
        typer.BadParameter: no whole numbers.
    """
    numbers = numbers_of(text, "--seeds")
    return numbers if "," in text else tuple(range(numbers[0] if numbers else 0))
