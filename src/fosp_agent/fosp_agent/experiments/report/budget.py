"""What a result cost, where it was made, and how it falls short of the whole protocol."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fosp_agent.experiments.acting_units import START
from fosp_agent.experiments.protocol import FULL_SEEDS, FULL_TESTS, FULL_TRIALS, UNSEEN_TASKS
from fosp_agent.experiments.report.cells import Cells
from fosp_agent.experiments.report.commands import commands
from fosp_agent.experiments.report.words import agents, counted, numbers
from fosp_agent.experiments.result import Result

BUDGET = ("preset", "steps", "trials", "updates", "tests", "weights", "overrides")
"""Settings that every number stands under."""
TITLES = {
    "steps": "gradient steps of a pretraining",
    "updates": "gradient steps after a trial",
    "weights": "weights of a pretraining",
    "overrides": "settings over the preset",
}

Who = Mapping[str, Sequence[int]]
"""Agents, and for each its seeds."""


def budget_lines(results: Sequence[Result]) -> list[str]:
    """Budget, preset, time, machine, revision and command, as Markdown list items."""
    lines = []
    for name in BUDGET:
        values = _values(results, name)
        if len(values) > 1:
            parts = [f"{value} for {_who(who)}" for value, who in values.items()]
            lines.append(f"- {TITLES.get(name, name)}, **mixed**: {'; '.join(parts)}")
        elif values and next(iter(values)) != "{}":
            lines.append(f"- {TITLES.get(name, name)}: {next(iter(values))}")
    lines += _adopted(results)
    lines.append(f"- seeds: {_seeds(results)}")
    lines.append(f"- wall-clock, summed over units: {_times(results)}")
    for title, texts in _provenance(results).items():
        if len(texts) == 1:
            lines.append(f"- {title}: {texts.pop()}")
        else:
            lines += [f"- {title}, {len(texts)} of them:", *(f"  - {t}" for t in sorted(texts))]
    return lines


def _adopted(results: Sequence[Result]) -> Iterator[str]:
    """Pretrainings that were not made here but taken from a file, and those that were."""
    taken = [r for r in results if r.kind == "pretrain" and "adopted" in r.settings]
    for path, who in _values(taken, "adopted").items():
        made = {
            name: sorted(
                int(r.settings["seed"])
                for r in results
                if r.kind == "pretrain"
                and r.settings["variant"] == name
                and "adopted" not in r.settings
            )
            for name in who
        }
        here = {name: seeds for name, seeds in made.items() if seeds}
        rest = f"; pretrained in this run: {_who(here)}" if here else ""
        alike = any(_same_weights(taken, path, name) for name in who)
        same = ", the same weights for several, so that seeds differ less than trainings do"
        yield f"- weights of {path} instead of a pretraining: {_who(who)}{same * alike}{rest}"


def _same_weights(taken: Sequence[Result], path: str, variant: str) -> bool:
    """Whether two seeds of an agent began with the same file; what a path holds can change."""
    digests = [
        result.result.get("sha256")
        for result in taken
        if _text(result.settings["adopted"]) == path and result.settings["variant"] == variant
    ]
    return len(set(digests)) < len(digests)


def _seeds(results: Sequence[Result]) -> str:
    """Which agents have which seeds."""
    found: dict[str, set[int]] = defaultdict(set)
    for result in results:
        if result.kind != "pretrain":
            found[str(result.settings["variant"])].add(int(result.settings["seed"]))
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for name, seeds in found.items():
        groups[tuple(sorted(seeds))].append(name)
    if len(groups) == 1:
        return numbers(next(iter(groups)))
    ordered = sorted(groups.items(), key=lambda item: (-len(item[0]), item[0]))
    return "; ".join(f"{numbers(seeds)} of {agents(who)}" for seeds, who in ordered)


def _who(who: Who) -> str:
    """Agents with their seeds."""
    return ", ".join(f"`{name}` ({counted(seeds)})" for name, seeds in who.items())


def reductions(cells: Cells) -> list[str]:
    """How the experiment is less than Table 3's protocol; empty if it is not."""
    found = _few_seeds(cells)
    tasks = [task for task in UNSEEN_TASKS if task in cells.tasks]
    if len(tasks) < len(UNSEEN_TASKS):
        found.append(f"{len(tasks)} of {len(UNSEEN_TASKS)} tasks ({', '.join(tasks) or 'none'})")
    for name, full in (("trials", FULL_TRIALS), ("tests", FULL_TESTS)):
        numbers = {int(value) for value, _ in _given(cells.results, name)}
        if numbers and min(numbers) < full:
            found.append(f"{min(numbers)} of {full} {name}")
    if "tiny" in _values(cells.results, "preset"):
        found.append("the preset `tiny`, which learns next to nothing")
    return found


def _few_seeds(cells: Cells) -> list[str]:
    """Each number of seeds under the protocol's, with the agents that have it, unless all do."""
    few: dict[int, list[str]] = defaultdict(list)
    for variant in cells.variants:
        number = len(cells.seeds_of(variant))
        if number < FULL_SEEDS:
            few[number].append(f"`{variant}`")
    everyone = any(len(names) == len(cells.variants) for names in few.values())
    return [
        f"{number} of {FULL_SEEDS} seeds" + ("" if everyone else f" of {', '.join(names)}")
        for number, names in sorted(few.items())
    ]


def _values(results: Sequence[Result], name: str) -> dict[str, dict[str, list[int]]]:
    """Each value of a setting, and the agents and seeds that have it."""
    found: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for value, settings in _given(results, name):
        found[_text(value)][str(settings["variant"])].add(int(settings["seed"]))
    return {
        value: {variant: sorted(seeds) for variant, seeds in sorted(who.items())}
        for value, who in sorted(found.items())
    }


def _given(results: Sequence[Result], name: str) -> Iterator[tuple[Any, Mapping[str, Any]]]:
    """Values of a setting, with the settings around.

    Tests in the trials' scenes are as many as these, whatever is given for tests.
    """
    for settings in (result.settings for result in results):
        if name in settings and not (name == "tests" and settings.get("when") == START):
            yield settings[name], settings


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
    found["command"] = {f"`{command}`" for command in commands(results)}
    return dict(sorted(found.items()))
