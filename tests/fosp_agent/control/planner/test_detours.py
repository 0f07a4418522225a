"""Ways around: imagined where too few of the courses will do, and taken where they are better."""

from __future__ import annotations

import pytest
import torch

from fakes.planned import (
    MakeRunner,
    episode,
    follow_first_component,
    planning,
    predict,
    to_the_right,
)
from fosp_agent.types import Batch


def test_a_way_around_is_taken_where_every_candidate_is_predicted_to_violate(
    make_runner: MakeRunner, batch: Batch, monkeypatch
):
    """Each policy goes right, which violates; pushed to the left it does not."""
    settings = {"planning__detour": (2.0, 0, 0, 0, 0, 0), "planning__detour_steps": 4}
    runner = planning(make_runner, "greedy", **settings)
    follow_first_component(monkeypatch, runner)
    predict(monkeypatch, runner, to_the_right)
    for actor in runner._networks.policies().values():
        monkeypatch.setattr(actor.mlp.output.bias, "data", torch.tensor([3.0, *[0.0] * 11]))
        monkeypatch.setattr(
            actor.mlp.output.weight, "data", torch.zeros_like(actor.mlp.output.weight)
        )
    for decision in episode(runner, batch):
        assert decision.action[0] < 0
        assert decision.dropped == len(decision.candidates) - 2


def test_detours_are_not_imagined_while_a_candidate_will_do(
    make_runner: MakeRunner, batch: Batch, monkeypatch
):
    runner = planning(make_runner, planning__detour=(1.0, 0, 0, 0, 0, 0))
    predict(monkeypatch, runner, lambda features: torch.zeros_like(features[..., 0]))
    assert all(len(d.candidates) == 6 for d in episode(runner, batch))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_detours_are_imagined_where_at_most_that_share_of_the_courses_survives(
    make_runner: MakeRunner, batch: Batch, monkeypatch, share: float
):
    """Candidates survive that go left: some do, by chance."""
    detour = {"planning__detour": (1.0, 0, 0, 0, 0, 0), "expansion__candidates": 8}
    runner = planning(make_runner, **detour, planning__detour_share=share)
    follow_first_component(monkeypatch, runner)
    predict(monkeypatch, runner, to_the_right)
    looked = 0
    for decision in episode(runner, batch):
        own = decision.candidates[:16]
        survived = sum(c.violation <= 0.5 for c in own) / len(own)
        looked += len(decision.candidates) > len(own)
        assert (len(decision.candidates) > len(own)) == (survived <= share)
    if share == 0.5:
        assert looked, "else this shows nothing"
