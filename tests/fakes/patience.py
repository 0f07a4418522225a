"""Waiting for a condition, with a deadline: the only kind of waiting that tests do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_for(
    condition: Callable[[], Any],
    seconds: float = 10.0,
    what: str = "the condition comes true",
    every: float = 0.02,
) -> Any:
    """Poll until the condition is true, and return its value.

    Args:
        condition: asked again and again.
        seconds: after so many the test fails with ``what``.
        what: should have come about, in words.
        every: between two looks [s].
    """
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return value
