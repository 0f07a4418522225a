"""Planning at work: off it is the paper's method; on it drops what is predicted to violate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fakes.planned import (
    MakeRunner,
    episode,
    follow_first_component,
    planning,
    predict,
    same,
    to_the_right,
)
from fosp_agent.behavior.policy_expansion import choose
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.training.weights import load_weights
from fosp_agent.types import Batch, ShieldState
from fosp_agent.world_model.rssm import State


class PaperPolicy:
    """The paper's method, written down once more: draw latents, draw actions, choose, execute."""

    def __init__(self, weights: Path, greedy: bool, seed: int) -> None:
        self.networks = load_weights(weights).networks.eval()
        self.greedy, self.seed = greedy, seed
        self.generator = torch.Generator().manual_seed(seed)

    @torch.inference_mode()
    def decide(self, state: State, log_probs: Tensor) -> tuple[int, Tensor]:
        nets, generator = self.networks, self.generator
        probability = log_probs.exp()
        if self.greedy:
            index = probability.argmax(-1)
        else:
            index = torch.multinomial(probability[0], 1, generator=generator).T
        one_hot = nn.functional.one_hot(index, probability.shape[-1]).float()
        features = State(state.deter, one_hot.flatten(-2)).features()
        actions = []
        for actor in (nets.offline, nets.new):
            policy = actor(features)
            if self.greedy:
                actions.append(policy.mean)
            else:
                noise = torch.randn(policy.mean.shape, generator=generator)
                actions.append((policy.mean + policy.std * noise).clamp(-1, 1))
        drawn = torch.cat(actions)
        both = features.expand(2, -1)
        choice = choose(
            nets.reward_critic.action_value(both, drawn),
            nets.cost_critic.action_value(both, drawn),
            (nets.reward_value_range.scale(), nets.cost_value_range.scale()),
            nets.config.expansion.inverse_temperature,
            greedy=self.greedy,
            generator=generator,
        )
        return choice.index, drawn


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_switched_off_every_decision_and_draw_is_the_papers_bit_for_bit(
    weights: Path, make_runner: MakeRunner, batch: Batch, monkeypatch, mode: str
):
    runner, paper = make_runner(mode, seed=9), PaperPolicy(weights, mode == "greedy", 9)
    seen: list[tuple[State, Tensor]] = []
    original = PolicyRunner._redraw

    def redraw(self: PolicyRunner, state: State, log_probs: Tensor) -> State:
        seen.append((state, log_probs))
        return original(self, state, log_probs)

    monkeypatch.setattr(PolicyRunner, "_redraw", redraw)
    for decision in episode(runner, batch):
        index, drawn = paper.decide(*seen.pop(0))
        assert decision.chosen == index
        assert [c.policy for c in decision.candidates] == ["offline", "new"]
        for candidate, action in zip(decision.candidates, drawn, strict=True):
            assert np.array_equal(candidate.action, action.numpy())
            assert np.isnan(candidate.violation)
        assert (decision.dropped, decision.shield) == (0, ShieldState.OFF)
    assert torch.equal(runner._generator.get_state(), paper.generator.get_state())


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_planning_that_drops_nothing_chooses_as_the_paper_does(
    make_runner: MakeRunner, batch: Batch, mode: str
):
    """What is imagined has its own randomness: the policies' draws stay the same."""
    paper = episode(make_runner(mode), batch)
    settings = {"planning__horizon": 4, "planning__violation_limit": 1.0}
    planned = episode(make_runner(mode, **settings, planning__continuation="sample"), batch)
    assert [d.chosen for d in paper] == [d.chosen for d in planned]
    for one, other in zip(paper, planned, strict=True):
        np.testing.assert_array_equal(one.action, other.action)


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_a_seed_decides_planned_episodes_too(make_runner: MakeRunner, batch: Batch, mode: str):
    settings: dict[str, Any] = {
        "planning__commitment": 0.1,
        "planning__iterations": 2,
        "planning__particles": 2,
        "planning__continuation": "sample",
        "planning__choice": "return",
        "shield__enabled": True,
        "expansion__cloning": True,
    }
    runner = planning(make_runner, mode, **settings)
    first = episode(runner, batch)
    torch.randn(5)
    runner.reset()
    assert same(first, episode(runner, batch))
    assert same(first, episode(planning(make_runner, mode, **settings), batch))
    runner.reset(1)
    assert not same(first, episode(runner, batch))


def test_greedy_planning_takes_the_likeliest_course(make_runner: MakeRunner, batch: Batch):
    """Also where the odds are nearly even and a draw would take any."""
    settings = {"planning__violation_limit": 1.0, "expansion__inverse_temperature": 1e-3}
    for decision in episode(planning(make_runner, "greedy", **settings), batch):
        odds = [candidate.probability for candidate in decision.candidates]
        assert decision.chosen == int(np.argmax(odds))


def test_each_policy_proposes_k_candidates_and_the_cloning_head_one(
    make_runner: MakeRunner, batch: Batch
):
    for settings in ({}, {"planning__horizon": 3}):
        runner = make_runner(expansion__candidates=3, expansion__cloning=True, **settings)
        for decision in episode(runner, batch):
            names = [c.policy for c in decision.candidates]
            assert names == ["offline"] * 3 + ["new"] * 3 + ["cloning"]
            assert len({c.action.tobytes() for c in decision.candidates}) == 7
            assert np.array_equal(decision.action, decision.candidates[decision.chosen].action)


def test_a_costly_candidate_loses(make_runner: MakeRunner, batch: Batch, monkeypatch):
    runner = planning(make_runner, planning__violation_limit=1.0)
    critics = runner._networks
    cost = torch.ones(6)
    cost[4] = 0.0
    monkeypatch.setattr(critics.reward_critic, "action_value", lambda *_: torch.zeros(6))
    monkeypatch.setattr(critics.cost_critic, "action_value", lambda *_: cost)
    assert all(d.chosen == 4 for d in episode(runner, batch))


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_a_candidate_whose_course_hits_predicted_cost_is_dropped(
    make_runner: MakeRunner, batch: Batch, monkeypatch, mode: str
):
    """However much its value favours it."""
    runner = planning(make_runner, mode, planning__continuation="repeat")
    follow_first_component(monkeypatch, runner)
    predict(monkeypatch, runner, to_the_right)
    by_action: Callable[..., Tensor] = lambda _, action: 100 * action[:, 0]  # noqa: E731
    monkeypatch.setattr(runner._networks.reward_critic, "action_value", by_action)
    dropped = 0
    for decision in episode(runner, batch):
        rightward = [c.action[0] > 0 for c in decision.candidates]
        if all(rightward):
            continue
        assert decision.action[0] <= 0
        assert decision.dropped == sum(rightward)
        assert all(c.probability == 0 for c in decision.candidates if c.action[0] > 0)
        dropped += decision.dropped
    assert dropped > 0


def test_where_all_are_dropped_the_least_violating_acts(
    make_runner: MakeRunner, batch: Batch, monkeypatch
):
    runner = planning(make_runner, planning__continuation="repeat")
    follow_first_component(monkeypatch, runner)
    predict(monkeypatch, runner, lambda x: 0.7 + 0.2 * x[..., 0].clamp(-1, 1))
    for decision in episode(runner, batch):
        assert decision.dropped == len(decision.candidates)
        violations = [c.violation for c in decision.candidates]
        assert violations[decision.chosen] == min(violations)


def test_within_a_hazard_the_course_that_costs_least_acts_where_it_is_asked_for(
    make_runner: MakeRunner, batch: Batch, monkeypatch
):
    """Every course violates with certainty there; cost falls to the right."""
    runner = planning(make_runner, planning__continuation="repeat", planning__fallback="cost")
    follow_first_component(monkeypatch, runner)
    model = runner._networks.world_model
    monkeypatch.setattr(model.cost, "predict", lambda x: (9 - x[..., 0], torch.ones(x.shape[:-1])))
    monkeypatch.setattr(model.proceed, "forward", lambda x: torch.ones(x.shape[:-1]))
    monkeypatch.setattr(runner._networks.cost_critic.v, "forward", lambda x: 0 * x[..., 0])
    for decision in episode(runner, batch):
        assert decision.dropped == len(decision.candidates)
        rightward = [float(c.action[0]) for c in decision.candidates]
        assert rightward[decision.chosen] == max(rightward)


def test_the_shield_holds_still_and_says_why(make_runner: MakeRunner, batch: Batch, monkeypatch):
    """Also where planning is off: the shield looks one step ahead by itself."""
    for settings in ({}, {"planning__horizon": 3, "planning__commitment": 0.5}):
        runner = make_runner(shield__enabled=True, **settings)
        predict(monkeypatch, runner, lambda x: torch.full(x.shape[:-1], 0.9))
        for decision in episode(runner, batch):
            assert decision.shield is ShieldState.HELD
            assert "holding still" in decision.shield_reason
            assert not decision.action.any()
            assert decision.candidates[decision.chosen].policy == "hold"
            assert [c.policy for c in decision.candidates[:2]] == ["offline", "new"]


def test_the_shield_takes_the_candidate_of_lower_cost(
    make_runner: MakeRunner, batch: Batch, monkeypatch
):
    runner = make_runner(expansion__candidates=8, shield__enabled=True, shield__feasibility=0.0)
    follow_first_component(monkeypatch, runner)
    predict(monkeypatch, runner, to_the_right)
    by_action: Callable[..., Tensor] = lambda _, action: 100 * action[:, 0]  # noqa: E731
    monkeypatch.setattr(runner._networks.reward_critic, "action_value", by_action)
    decisions = episode(runner, batch)
    replaced = [d for d in decisions if d.shield is ShieldState.REPLACED]
    assert replaced
    for decision in replaced:
        assert "predicted violation 0.90 above 0.50" in decision.shield_reason
        safe = [c.q_c for c in decision.candidates if c.violation <= 0.5]
        assert decision.candidates[decision.chosen].q_c == min(safe)
    assert all(d.action[0] <= 0 for d in decisions if d.shield is not ShieldState.HELD)


def test_a_committed_plan_goes_on_unless_another_is_better_by_the_margin(
    make_runner: MakeRunner, batch: Batch
):
    settings = {"planning__violation_limit": 1.0}
    stays = episode(planning(make_runner, "greedy", planning__commitment=1e6, **settings), batch)
    assert [d.candidates[d.chosen].policy == "plan" for d in stays] == [False] + [True] * 5
    leaves = episode(planning(make_runner, "greedy", planning__commitment=1e-9, **settings), batch)
    assert all("plan" in [c.policy for c in d.candidates] for d in leaves[1:])
    assert any(d.candidates[d.chosen].policy != "plan" for d in leaves[1:])


def test_a_committed_plan_moves_on_by_one_step_with_each_decision(
    make_runner: MakeRunner, batch: Batch
):
    settings = {"planning__violation_limit": 1.0, "planning__commitment": 1e6}
    runner = planning(make_runner, "greedy", **settings)
    first, *others = episode(runner, batch)
    runner.reset()
    runner.act(batch.image[0, 0], batch.pose[0, 0])
    assert runner._planner is not None
    plan = runner._planner._plan
    assert plan is not None
    np.testing.assert_allclose(first.action, plan[0])
    for step, decision in enumerate(others, start=1):
        np.testing.assert_allclose(decision.action, plan[min(step, len(plan) - 1)], atol=1e-6)


def test_the_search_is_among_the_candidates(make_runner: MakeRunner, batch: Batch):
    runner = planning(make_runner, planning__iterations=1, planning__elites=2)
    for decision in episode(runner, batch):
        assert [c.policy for c in decision.candidates[-2:]] == ["search"] * 2
