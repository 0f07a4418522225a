"""What a pretraining is asked to do, and whether its folder is free for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fosp_agent.config import AgentConfig, load_preset
from fosp_agent.errors import UserError
from fosp_agent.overrides import changed
from fosp_agent.training.checkpoint import read_checkpoint
from fosp_agent.training.metrics import METRICS
from fosp_agent.training.run_folder import (
    BEST,
    PRETRAINED,
    PRETRAINING,
    require_no_finetuning,
)
from fosp_agent.training.sameness import require_same_options
from fosp_agent.training.weights import LoadedWeights, WeightsError, load_weights


class PretrainError(UserError):
    """The run cannot begin: the dataset is empty, or the folder is taken."""


@dataclass(frozen=True)
class PretrainPlan:
    """What to train, on what, for how long."""

    dataset: Path
    run_dir: Path
    steps: int
    seed: int
    weights: Path | None = None
    """Of an earlier pretraining, to begin with; None: networks drawn by the seed."""
    held_out: float = 0.1
    """Share of the episodes kept for measuring."""
    checkpoint_every: int = 500
    log_every: int = 50
    video_every: int = 1000
    """Gradient steps between two open-loop prediction videos; 0: none."""


def begun_plan(plan: PretrainPlan, asked: Mapping[str, Any]) -> PretrainPlan:
    """The plan of a run that is to go on: dataset, seed and weights are those of its beginning.

    A dataset or weights that are not where they were may be given anew.

    Args:
        plan: whose run it is.
        asked: "dataset", "seed" and "weights", where they are asked for.

    Raises:
        CheckpointError: nothing to resume from.
        WeightsError: the weights asked for cannot be read.
        OtherConfig: another dataset or seed, or other weights are asked for.
    """
    path = plan.run_dir / PRETRAINING
    _, _, extra = read_checkpoint(path)
    begun: dict[str, Any] = {
        "dataset": Path(extra["dataset"]),
        "seed": extra.get("seed", plan.seed),
        "weights": Path(extra["weights"]) if extra.get("weights") else None,
    }
    options = dict(asked)
    if "dataset" in options:
        if not begun["dataset"].is_dir():
            begun["dataset"] = options["dataset"]
        if options["dataset"].resolve() == begun["dataset"].resolve():
            del options["dataset"]
    sha256 = load_weights(options["weights"]).info.sha256 if "weights" in options else None
    if sha256 is not None and sha256 == extra.get("weights_sha256"):
        begun["weights"] = options.pop("weights")
    require_same_options(path, begun, options)
    return replace(plan, **begun)


def asked_config(
    plan: PretrainPlan, preset: str | None, agent: str | None, overrides: Mapping[str, Any]
) -> AgentConfig:
    """The config that a command line asks for: of the weights to begin with, or of a preset.

    Args:
        plan: whose weights, if it has any, bring their settings.
        preset: its name; None: that of the weights, or ``small``.
        agent: its name; None: that of the weights, or of the preset.
        overrides: settings that this training changes, such as ``{"actor.beta_cost": 5}``.

    Raises:
        ConfigError: a setting does not exist or does not do.
        WeightsError: the weights cannot be read, or are of another agent or preset.
    """
    if plan.weights is None:
        return load_preset(preset or "small", {**({"agent": agent} if agent else {}), **overrides})
    config = load_weights(plan.weights, agent or "").config
    if preset and preset != config.preset:
        raise WeightsError(
            f"{plan.weights} is of the preset {config.preset!r}, asked for was {preset!r}; leave "
            "--preset out, or pretrain without --weights"
        )
    return changed(config, overrides)


def weights_to_begin_with(path: Path, agent: str) -> LoadedWeights:
    """Read what a new run begins with.

    Raises:
        WeightsError: missing, damaged, of another agent, or of a fine-tuning.
    """
    loaded = load_weights(path, agent)
    if loaded.networks.expanded:
        raise WeightsError(
            f"{path} is of a fine-tuning: it has two policies, pretraining learns one; begin with "
            "the weights that the fine-tuning began with, or go on with `./safereach finetune`"
        )
    return loaded


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
