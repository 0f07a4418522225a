"""What the tests of the planner share: weights, runners of them, and images to act on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fakes.planned import LENGTH, MakeRunner
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.types import Batch


@pytest.fixture
def weights(make_weights) -> Path:
    return make_weights({"world_model.cloning_scale": 1.0})


@pytest.fixture
def make_runner(weights: Path) -> MakeRunner:
    def make(mode: str = "sample", seed: int = 0, **settings: Any) -> PolicyRunner:
        overrides = {name.replace("__", "."): value for name, value in settings.items()}
        return PolicyRunner.from_file(weights, mode=mode, seed=seed, overrides=overrides)

    return make


@pytest.fixture
def batch(make_batch) -> Batch:
    return make_batch(1, LENGTH)
