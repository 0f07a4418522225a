"""The same work on many items, in processes of one thread each; the results come in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")

_work: list[Callable[[Any], Any]] = []
"""What this process does with an item, once it is built."""


def in_parallel(
    make: Callable[[], Callable[[Item], Result]], items: Iterable[Item], workers: int
) -> Iterator[Result]:
    """Do the work that ``make`` builds, once a process, on every item.

    Args:
        make: builds the work; must be picklable. Called in each process.
        items: what to work on.
        workers: processes.
    """
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (make,))
    try:
        yield from pool.map(_do, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(make: Callable[[], Callable[[Any], Any]]) -> None:
    torch.set_num_threads(1)
    _work.append(make())


def _do(item: Any) -> Any:
    return _work[-1](item)
