"""What a result cost, where it was made, and how it falls short of the whole protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fosp_agent.experiments.protocol import (
    FULL_SEEDS,
    FULL_TESTS,
    FULL_TRIALS,
    UNSEEN_TASKS,
)
from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.result import Result

BUDGET = ("preset", "steps", "adopted", "trials", "updates", "tests", "weights", "overrides")
"""Settings that every number stands under."""
TITLES = {
    "steps": "gradient steps of a pretraining",
    "adopted": "pretrained elsewhere, the same weights for every seed",
    "updates": "gradient steps after a trial",
    "weights": "weights of a pretraining",
    "overrides": "settings over the preset",
}


def budget_lines(results: Sequence[Result]) -> list[str]:
    """Budget, preset, time, machine, revision and command, as Markdown list items."""
    lines = []
    for name in BUDGET:
        values = _values(results, name)
        if len(values) > 1:
            parts = [f"{value} for {', '.join(who)}" for value, who in values.items()]
            lines.append(f"- {TITLES.get(name, name)}, **mixed**: {'; '.join(parts)}")
        elif values and next(iter(values)) != "{}":
            lines.append(f"- {TITLES.get(name, name)}: {next(iter(values))}")
    seeds = sorted({int(found.settings["seed"]) for found in results})
    lines.append(f"- seeds: {', '.join(map(str, seeds))}")
    lines.append(f"- wall-clock, summed over units: {_times(results)}")
    for title, texts in _provenance(results).items():
        lines.append(f"- {title}: {'; '.join(sorted(texts))}")
    return lines


def reductions(cells: Cells) -> list[str]:
    """How the experiment is less than Table 3's protocol; empty if it is not."""
    found = []
    if len(cells.seeds) < FULL_SEEDS:
        found.append(f"{len(cells.seeds)} of {FULL_SEEDS} seeds")
    tasks = [task for task in UNSEEN_TASKS if task in cells.tasks]
    if len(tasks) < len(UNSEEN_TASKS):
        found.append(f"{len(tasks)} of {len(UNSEEN_TASKS)} tasks ({', '.join(tasks) or 'none'})")
    for name, full in (("trials", FULL_TRIALS), ("tests", FULL_TESTS)):
        numbers = {int(r.settings[name]) for r in cells.results if name in r.settings}
        if numbers and min(numbers) < full:
            found.append(f"{min(numbers)} of {full} {name}")
    if "tiny" in _values(cells.results, "preset"):
        found.append("the preset `tiny`, which learns next to nothing")
    return found


def _values(results: Sequence[Result], name: str) -> dict[str, list[str]]:
    """Each value of a setting, and the agents that have it."""
    found: dict[str, set[str]] = defaultdict(set)
    for result in results:
        if name in result.settings:
            found[_text(result.settings[name])].add(str(result.settings["variant"]))
    return {value: sorted(who) for value, who in sorted(found.items())}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={v}" for k, v in sorted(value.items())) or "{}"
    return str(value)


def _times(results: Sequence[Result]) -> str:
    seconds: dict[str, float] = defaultdict(float)
    for result in results:
        seconds[result.kind] += float(result.spent["seconds"])
    return ", ".join(f"{kind} {_duration(total)}" for kind, total in sorted(seconds.items()))


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def _provenance(results: Sequence[Result]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for origin in (result.provenance for result in results):
        machine = origin["machine"]
        found["machine"].add(
            f"{machine['cores']} cores of {machine['processor']}, {machine['memory_gib']} GiB, "
            f"GPU {machine['gpu']}, PyTorch {machine['torch']}, CPU threads a "
            f"process: {machine['threads']}"
        )
        found["revision"].add(f"{origin['revision']} (version {origin['version']})")
        found["command"].add(f"`{origin['command']}`")
    return dict(sorted(found.items()))
