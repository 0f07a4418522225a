"""The work of fine-tuning: trials on a task, each labelled by the truth and learned from."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.experiments.measured import measured
from fosp_agent.experiments.starting_weights import START, starting_weights
from fosp_agent.experiments.unit import Unit
from fosp_agent.experiments.work import Found, Progress
from fosp_agent.training.finetune import Finetuner
from fosp_agent.training.online import SUMMARY, run_trials
from fosp_agent.training.trials import EpisodeResult, TrialsSummary
from fosp_agent.training.weights import load_weights
from fosp_agent.training.weights_files import FOLDER, version_of, weights_files


def run_trials_unit(root: Path, unit: Unit, progress: Progress) -> Found:
    """Bring the unit's run to its number of trials, from wherever it stands."""
    settings, run_dir = unit.settings, unit.folder(root) / "run"
    start = starting_weights(root, unit)
    if Finetuner.exists(run_dir):
        finetuner = Finetuner.resume(run_dir)
    else:
        finetuner = Finetuner.start(
            run_dir, start, Path(settings["dataset"]), settings["updates"], settings["seed"]
        )
    summary = TrialsSummary.open(
        run_dir / SUMMARY, settings["environment"], settings["task"], START
    )
    world = make_environment(settings["environment"], settings["task"])
    load = partial(PolicyRunner.from_file, mode=settings["mode"])
    total = int(settings["trials"])
    results: list[EpisodeResult] = []
    try:
        for result in run_trials(
            world,
            finetuner,
            load,
            summary,
            run_dir,
            trials=total,
            first_seed=int(settings["first_seed"]),
            on_progress=lambda *_: progress(len(results), total, "trials"),
        ):
            results.append(result)
            progress(len(results), total, "trials")
            _keep_ends(run_dir, result.version)
    finally:
        world.close()
    store = EpisodeStore(run_dir / "episodes")
    own = [store.load(result.episode_id) for result in results]
    last = finetuner.announce()
    found = {
        "weights": str(last.path.relative_to(unit.folder(root))),
        "sha256": last.sha256,
        **_columns(results),
        "own_roll_outs": measured(load_weights(start).networks, own),
    }
    seconds = [r.seconds for r in results]
    return Found(found, {"seconds_per_trial": round(sum(seconds) / max(len(seconds), 1), 2)})


def _columns(results: list[EpisodeResult]) -> dict[str, Any]:
    return {
        "trials": len(results),
        "returns": [r.episode_return for r in results],
        "costs": [r.episode_cost for r in results],
        "new_policy_share": [round(r.share("new"), 4) for r in results],
        "updates": sum(r.updates for r in results),
    }


def _keep_ends(run_dir: Path, version: int) -> None:
    """Remove the weights between the first and the newest: 40 files a run fill a disk."""
    for path in weights_files(run_dir / FOLDER)[1:]:
        if version_of(path) < version:
            path.unlink()
