"""How agents and seeds are listed in the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def agents(names: Iterable[str]) -> str:
    """As code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def numbers(values: Iterable[int]) -> str:
    """0, 1, 2."""
    return ", ".join(map(str, values))


def counted(seeds: Sequence[int]) -> str:
    """As in "seed 1" and "seeds 1, 2"."""
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {numbers(seeds)}"
