"""What a pretraining is asked to do, and whether its folder is free for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fosp_agent.errors import UserError
from fosp_agent.training.checkpoint import read_checkpoint
from fosp_agent.training.metrics import METRICS
from fosp_agent.training.run_folder import (
    BEST,
    PRETRAINED,
    PRETRAINING,
    require_no_finetuning,
)
from fosp_agent.training.sameness import require_same_options


class PretrainError(UserError):
    """The run cannot begin: the dataset is empty, or the folder is taken."""


@dataclass(frozen=True)
class PretrainPlan:
    """What to train, on what, for how long."""

    dataset: Path
    run_dir: Path
    steps: int
    seed: int
    held_out: float = 0.1
    """Share of the episodes kept for measuring."""
    checkpoint_every: int = 500
    log_every: int = 50
    video_every: int = 1000
    """Gradient steps between two open-loop prediction videos; 0: none."""


def begun_plan(plan: PretrainPlan, asked: Mapping[str, Any]) -> PretrainPlan:
    """The plan of a run that is to go on: its dataset and its seed are those of its beginning.

    A dataset that is not where it was may be given anew.

    Args:
        plan: whose run it is.
        asked: "dataset" and "seed", where they are asked for.

    Raises:
        CheckpointError: nothing to resume from.
        OtherConfig: another dataset or seed is asked for.
    """
    path = plan.run_dir / PRETRAINING
    _, _, extra = read_checkpoint(path)
    begun = {"dataset": Path(extra["dataset"]), "seed": extra.get("seed", plan.seed)}
    options = dict(asked)
    if "dataset" in options:
        if not begun["dataset"].is_dir():
            begun["dataset"] = options["dataset"]
        if options["dataset"].resolve() == begun["dataset"].resolve():
            del options["dataset"]
    require_same_options(path, begun, options)
    return replace(plan, **begun)


def require_free(run_dir: Path) -> None:
    """Refuse a folder that holds anything of a run: nothing is overwritten.

    Raises:
        PretrainError: saying how to go on.
        TakenFolder: it is the folder of a fine-tuning.
    """
    require_no_finetuning(run_dir)
    if (run_dir / PRETRAINING).exists():
        raise PretrainError(
            f"{run_dir} already has a run; add --resume to go on, or choose another --out"
        )
    found = [name for name in (PRETRAINED, BEST, METRICS) if (run_dir / name).exists()]
    if found:
        raise PretrainError(
            f"{run_dir} already has a run without a checkpoint to go on from "
            f"({', '.join(found)}); choose another --out, or remove the folder"
        )
