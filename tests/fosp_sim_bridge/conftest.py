"""Environments shared by the tests of the simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from fosp_sim_bridge.safereach.env import SafeReachEnv, make


@pytest.fixture(scope="session")
def environment() -> Iterator[Callable[[str], SafeReachEnv]]:
    """One environment a task for all tests: an episode must not depend on those before it."""
    made: dict[str, SafeReachEnv] = {}

    def of(task: str) -> SafeReachEnv:
        if task not in made:
            made[task] = make(task)
        return made[task]

    yield of
    for env in made.values():
        env.close()


@pytest.fixture()
def env(environment: Callable[[str], SafeReachEnv]) -> SafeReachEnv:
    """The original task."""
    return environment("original")
