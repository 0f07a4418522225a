"""The work of a test: seeded episodes with weights as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.environments import make_environment
from fosp_agent.experiments.starting_weights import starting_weights
from fosp_agent.experiments.trail import TrailKeeper
from fosp_agent.experiments.unit import Unit
from fosp_agent.experiments.work import Found, Progress
from fosp_agent.training.evaluate import SHARES, TestResult, run_test

TRAILS = 5
"""Of the first tests that are kept."""


def run_test_unit(root: Path, unit: Unit, progress: Progress) -> Found:
    """Act in the scenes of the unit's seeds; nothing is learned."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # at batch 1 more of them only wait for each other
    try:
        return _test(root, unit, progress)
    finally:
        torch.set_num_threads(threads)


def _test(root: Path, unit: Unit, progress: Progress) -> Found:
    settings = unit.settings
    weights = starting_weights(root, unit)
    runner = PolicyRunner.from_file(weights, mode=settings["mode"])
    world = TrailKeeper(make_environment(settings["environment"], settings["task"]))
    results: list[TestResult] = []
    trails: list[dict[str, Any]] = []
    total, first = int(settings["tests"]), int(settings["first_seed"])
    try:
        for seed in range(first, first + total):
            results.append(run_test(world, runner, seed))
            if len(trails) < TRAILS:
                trails.append(world.trail(seed))
            progress(len(results), total, "tests")
    finally:
        world.close()
    weights.unlink(missing_ok=True)  # made from what it needs whenever it is wanted
    return Found({"tests": total, **_columns(results), "trails": trails})


def _columns(results: list[TestResult]) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "returns": [r.episode_return for r in results],
        "costs": [r.episode_cost for r in results],
    }
    for name in SHARES:
        values = [round(float(getattr(r, name)), 4) for r in results]
        if any(values):
            columns[name] = values
    return columns
