"""SafeDreamer: reward up through the dynamics, cost down by the multiplier, no dataset action."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes.imagining import cut_dynamics, gradient, imagined, make_loud, see
from fosp_agent.agents import safedreamer
from fosp_agent.agents.acting import Proposals
from fosp_agent.agents.networks import fingerprint
from fosp_agent.agents.safedreamer import SafeDreamer
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior.state_value import value_regression
from fosp_agent.tensors import to_tensors


@pytest.fixture
def make(make_config) -> Any:
    def build(settings: dict[str, Any] | None = None) -> SafeDreamer:
        torch.manual_seed(1)
        agent = SafeDreamer(make_config({"agent": "safedreamer"} | (settings or {})))
        nets = agent.networks
        make_loud(nets.reward_value.v, nets.cost_value.v)
        make_loud(nets.world_model.reward)
        return agent

    return build


def actor_gradient(agent: SafeDreamer, batch: Any) -> Tensor:
    """Of the whole actor loss."""
    parameters = list(agent.networks.actor.parameters())
    return gradient(agent, lambda: agent._actor_loss(imagined(agent, batch))[0], parameters)


def test_the_actors_gradient_flows_through_the_dynamics(make, make_batch, monkeypatch):
    """Reward alone moves the actor; cut between action and state, nothing does."""
    agent = make({"actor.entropy": 0.0, "lagrangian.enabled": False})
    whole = actor_gradient(agent, make_batch())
    assert whole.abs().max() > 0
    cut_dynamics(agent, monkeypatch)
    assert not actor_gradient(agent, make_batch()).any()


def test_the_last_reward_reaches_the_first_action_through_every_step(make, make_batch):
    agent = make()
    policy = list(agent.networks.actor.parameters())
    near, far = (
        gradient(agent, lambda h=h: imagined(agent, make_batch()).reward[h].sum(), policy)
        for h in (0, -1)
    )
    assert near.any()
    assert far.any()
    assert not torch.allclose(near, far)


@pytest.mark.parametrize(
    "change",
    [{"lagrangian.multiplier": 5.0}, {"lagrangian.penalty": 5.0}, {"lagrangian.enabled": False}],
    ids="+".join,
)
def test_the_multiplier_changes_the_actors_gradient(make, make_batch, change: dict[str, Any]):
    loud = {"lagrangian.multiplier": 1.0, "lagrangian.penalty": 1.0}
    one, other = (actor_gradient(make(loud | more), make_batch()) for more in ({}, change))
    assert not torch.allclose(one, other, rtol=1e-3, atol=1e-7)


def test_what_is_held_down_is_the_imagined_cost_return_where_it_is_reached(
    make, make_batch, monkeypatch
):
    agent = make()
    terminal = np.zeros((3, 5), np.bool_)
    terminal[1, -1] = True
    seen: list[tuple[Any, ...]] = []
    original = safedreamer.penalty

    def spy(*given: Any) -> Any:
        seen.append(given)
        return original(*given)

    monkeypatch.setattr(safedreamer, "penalty", spy)
    rollout = imagined(agent, make_batch(is_terminal=terminal))
    agent._actor_loss(rollout)
    (_, cost, scale, share, lasting) = seen.pop()
    nets, critic = agent.networks, agent.config.critic
    torch.testing.assert_close(
        cost, imagined_return(rollout.cost, nets.cost_value, rollout, critic)
    )
    torch.testing.assert_close(scale, nets.cost_range.scale())
    torch.testing.assert_close(share, rollout.weight(critic.gamma))
    assert share.min() == 0
    torch.testing.assert_close(lasting, rollout.proceed[0].expand_as(cost))


def test_the_multiplier_rises_while_imagined_cost_exceeds_the_limit_and_falls_below_it(
    make, make_batch
):
    for limit, rises in ((-10.0, True), (10.0, False)):
        agent = make({"lagrangian.cost_limit": limit, "lagrangian.multiplier": 1.0,
                      "lagrangian.penalty": 0.1})  # fmt: skip
        agent.train_step(make_batch())
        assert (float(agent.networks.lagrangian.multiplier) > 1.0) is rises


def test_recorded_actions_labels_and_episodes_reach_the_actor_only_through_the_states(
    make, make_batch
):
    """From the same states, another batch teaches the actor and the values the same."""
    results = []
    for action, label in ((-0.5, 0.0), (0.5, 1.0)):
        agent = make()
        posterior, _ = see(agent, make_batch())
        changed = to_tensors(
            make_batch(
                action=np.full((3, 5, 6), action, np.float32),
                reward=np.full((3, 5), label, np.float32),
                cost=np.full((3, 5), label, np.float32),
            )
        )
        torch.manual_seed(3)
        agent._learn_behavior(posterior, changed)
        results.append(fingerprint(agent.networks))
    assert results[0] == results[1]


def test_values_regress_on_imagined_lambda_returns_alone(make, make_batch):
    """Other labels than those the world model learned from change nothing in the values."""
    agent = make({"critic.slow_regularizer": 0.0})
    rollout = imagined(agent, make_batch()).detached()
    for value, signal in (
        (agent.networks.reward_value, rollout.reward),
        (agent.networks.cost_value, rollout.cost),
    ):
        _, target = value_regression(value, signal, rollout, agent.config.critic)
        expected = imagined_return(signal, value, rollout, agent.config.critic)
        torch.testing.assert_close(target, expected)
        assert not target.requires_grad


def test_steps_down_the_loss_lower_the_imagined_cost(make, make_batch):
    agent = make({"actor.entropy": 0.0, "lagrangian.multiplier": 100.0,
                  "lagrangian.penalty": 1e-3, "training.horizon": 2})  # fmt: skip
    nets = agent.networks
    adam = torch.optim.Adam(nets.actor.parameters(), lr=0.01)
    costs = []
    for _ in range(40):
        loss, metrics = agent._actor_loss(imagined(agent, make_batch()))
        adam.zero_grad()
        loss.backward()
        adam.step()
        costs.append(metrics["lagrangian/cost_return"])
    assert costs[-1] < costs[0]


def test_its_one_policy_acts_whatever_the_values(make):
    agent = make()
    features = torch.randn(1, agent.networks.feature_size)
    judged = agent.networks.judge(
        Proposals(features, ("policy",) * 3, torch.randn(3, 6).clamp(-1, 1)), greedy=False
    )
    assert judged.index == 0
    assert judged.probability.tolist() == [1, 0, 0]
    assert judged.q_reward.shape == judged.q_cost.shape == (3,)
