"""The work of a pretraining, on a dataset or a part of one."""

from __future__ import annotations

import time
from pathlib import Path

from fosp_agent.config import from_dict
from fosp_agent.experiments.measured import measured
from fosp_agent.experiments.subset import part_of
from fosp_agent.experiments.unit import Unit
from fosp_agent.experiments.work import Found, Progress
from fosp_agent.training.pretrain import BEST, CHECKPOINT, WEIGHTS, Pretrainer, PretrainPlan
from fosp_agent.training.weights import load_weights

REPORT_EVERY = 10


def run_pretraining(root: Path, unit: Unit, progress: Progress) -> Found:
    """Train, from the last checkpoint if there is one; then measure what was kept."""
    settings, folder = unit.settings, unit.folder(root)
    dataset = Path(settings["dataset"])
    if "part" in settings:
        dataset = part_of(dataset, settings["part"], folder / "dataset")
    steps = int(settings["steps"])
    plan = PretrainPlan(
        dataset,
        folder / "run",
        steps,
        int(settings["seed"]),
        log_every=min(REPORT_EVERY, steps),
        video_every=0,
    )
    resume = (plan.run_dir / CHECKPOINT).is_file()
    run = Pretrainer.open(plan, from_dict(dict(unit.config)), resume=resume)
    first, started = run.done, time.monotonic()
    progress(first, steps, "steps")
    run.train(lambda done, _metrics: progress(done, steps, "steps"))
    seconds = time.monotonic() - started
    kept = plan.run_dir / (BEST if settings["weights"] == "best" and run.held_out else WEIGHTS)
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
