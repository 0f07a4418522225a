"""Runners that plan, for tests: a short horizon, a world to order, decisions to compare."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import Tensor

from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.types import Batch, Decision
from fosp_agent.world_model.rssm import State

LENGTH = 6
MakeRunner = Callable[..., PolicyRunner]
"""Makes a runner of the test's weights: mode, seed, and settings with __ for the dot."""


def planning(make_runner: MakeRunner, mode: str = "sample", **settings: Any) -> PolicyRunner:
    return make_runner(mode, **{"planning__horizon": 4, "expansion__candidates": 3, **settings})


def episode(runner: PolicyRunner, batch: Batch) -> list[Decision]:
    return [runner.act(batch.image[0, t], batch.pose[0, t]) for t in range(LENGTH)]


def same(one: list[Decision], other: list[Decision]) -> bool:
    return all(
        np.array_equal(a.action, b.action)
        and a.chosen == b.chosen
        and all(
            np.array_equal(x.action, y.action) and x.probability == y.probability
            for x, y in zip(a.candidates, b.candidates, strict=True)
        )
        for a, b in zip(one, other, strict=True)
    )


def predict(monkeypatch, runner: PolicyRunner, violation: Callable[[Tensor], Tensor]) -> None:
    """Let the cost head say a function of the features, whatever the world."""
    head = runner._networks.world_model.cost
    monkeypatch.setattr(head, "predict", lambda features: (violation(features),) * 2)


def to_the_right(features: Tensor) -> Tensor:
    """A violation is likely where the first number of the state is positive."""
    return (features[..., 0] > 0).float() * 0.9


def follow_first_component(monkeypatch, runner: PolicyRunner) -> None:
    """A world in which the state's first number is the last action's first component."""
    rssm = runner._networks.world_model.rssm

    def step(state: State, action: Tensor, _generator: Any = None) -> State:
        deter = state.deter.clone()
        deter[:, 0] = action[:, 0]
        return State(deter, state.stoch)

    monkeypatch.setattr(rssm, "imagine_step", step)
