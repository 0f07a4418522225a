"""The commands that make a section's results again: as few as say it all."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from fosp_agent.experiments.acting_units import START
from fosp_agent.experiments.result import Result

VARIANTS, SEEDS, JOBS = "--variants", "--seeds", "--jobs"
_AGENT = tuple[str, int]
"""A variant, and its seed."""


def commands(results: Sequence[Result]) -> set[str]:
    """What to type to have these results again.

    A unit is the same whatever else was asked for beside it: commands that differ only in agents,
    seeds and processes become one, over the agents that they made; one that names no agents is
    kept as it was typed.
    """
    kept: set[str] = set()
    asked: dict[str, set[_AGENT]] = defaultdict(set)
    for result in _telling(results):
        words = shlex.split(result.provenance["command"])
        if VARIANTS in words:
            asked[shlex.join(_without(words, (VARIANTS, SEEDS, JOBS)))].add(_agent(result))
        else:
            kept.add(shlex.join(words))
    return kept.union(*(_over(base, agents) for base, agents in asked.items()))


def _telling(results: Sequence[Result]) -> Iterator[Result]:
    """Of each agent the tests, which depend on all that was asked for; else what there is of it.

    A pretraining may be another agent's, too, and tells only where there is nothing else.
    """
    acting = [r for r in results if r.kind != "pretrain"] or results
    tests = [r for r in acting if r.settings.get("when") not in (None, START)]
    tested = {_agent(r) for r in tests}
    yield from tests
    yield from (r for r in acting if _agent(r) not in tested)


def _over(base: str, agents: Iterable[_AGENT]) -> Iterable[str]:
    """The command for each set of seeds, with the variants that have it."""
    seeds: dict[str, list[int]] = defaultdict(list)
    for variant, seed in sorted(agents):
        seeds[variant].append(seed)
    alike: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for variant, numbers in seeds.items():
        alike[tuple(numbers)].append(variant)
    for among, variants in alike.items():
        listed = ",".join(map(str, among)) + "," * (len(among) == 1)  # "3" would be 0, 1, 2
        yield f"{base} {SEEDS} {listed} {VARIANTS} {','.join(variants)}"


def _agent(result: Result) -> _AGENT:
    return str(result.settings["variant"]), int(result.settings["seed"])


def _without(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The words without these options and what follows each."""
    return [
        word
        for before, word in zip(("", *words), words, strict=False)
        if word not in options and before not in options
    ]
