"""The work of a pretraining, on a dataset or a part of one."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from fosp_agent.config import from_dict
from fosp_agent.experiments.measured import measured
from fosp_agent.experiments.starting_weights import under_config
from fosp_agent.experiments.subset import part_of
from fosp_agent.experiments.unit import Unit
from fosp_agent.experiments.work import Found, Progress
from fosp_agent.training.diagnosis import held_out_part
from fosp_agent.training.files import write_atomically
from fosp_agent.training.pretrain import Pretrainer, load_dataset
from fosp_agent.training.pretrain_plan import PretrainPlan
from fosp_agent.training.run_folder import BEST, PRETRAINED, PRETRAINING
from fosp_agent.training.weights import load_weights

REPORT_EVERY = 10
HELD_OUT = 0.1
"""Share of the demonstrations that pretraining keeps for measuring."""


def run_pretraining(root: Path, unit: Unit, progress: Progress) -> Found:
    """Train, from the last checkpoint if there is one; then measure what was kept."""
    settings, folder = unit.settings, unit.folder(root)
    if "adopted" in settings:
        return _adopt(folder, unit)
    dataset = Path(settings["dataset"])
    if "part" in settings:
        dataset = part_of(dataset, settings["part"], folder / "dataset")
    steps = int(settings["steps"])
    plan = PretrainPlan(
        dataset,
        folder / "run",
        steps,
        int(settings["seed"]),
        held_out=HELD_OUT,
        log_every=min(REPORT_EVERY, steps),
        video_every=0,
    )
    resume = (plan.run_dir / PRETRAINING).is_file()
    if not resume:  # what a session left that was killed before its first checkpoint
        shutil.rmtree(plan.run_dir, ignore_errors=True)
    run = Pretrainer.open(plan, from_dict(dict(unit.config)), resume=resume)
    first, started = run.done, time.monotonic()
    progress(first, steps, "steps")
    run.train(lambda done, _metrics: progress(done, steps, "steps"))
    seconds = time.monotonic() - started
    kept = plan.run_dir / (BEST if settings["weights"] == "best" and run.held_out else PRETRAINED)
    loaded = load_weights(kept)
    result = {
        "weights": str(kept.relative_to(folder)),
        "sha256": loaded.info.sha256,
        "steps": run.done,
        "best_step": run.selection.step,
        "episodes": len(run.sampler),
        "held_out": measured(loaded.networks, run.held_out),
    }
    timed = {"seconds_per_step": round(seconds / max(run.done - first, 1), 4)}
    return Found(result, timed if run.done > first else {})


def _adopt(folder: Path, unit: Unit) -> Found:
    """Take weights that were pretrained elsewhere, and measure them as if they were ours."""
    source, config = Path(unit.settings["adopted"]), from_dict(dict(unit.config))
    loaded = load_weights(source, agent=config.agent)
    under_config(loaded, config)
    kept = folder / "run" / PRETRAINED
    write_atomically(kept, source.read_bytes())
    episodes = load_dataset(Path(unit.settings["dataset"]), config)
    result = {
        "weights": str(kept.relative_to(folder)),
        "sha256": loaded.info.sha256,
        "held_out": measured(loaded.networks, held_out_part(episodes, HELD_OUT)),
    }
    return Found(result)
