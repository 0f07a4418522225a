"""DreamerV3: knows no cost, and trusts its imagination less where the ensemble disagrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes.imagining import cut_dynamics, gradient, imagined, make_loud
from fosp_agent.agents.dreamerv3 import DreamerV3
from fosp_agent.agents.networks import fingerprint
from fosp_agent.training.batches import make_sampler


@pytest.fixture
def make(make_config) -> Any:
    def build(settings: dict[str, Any] | None = None) -> DreamerV3:
        torch.manual_seed(1)
        agent = DreamerV3(make_config({"agent": "dreamerv3"} | (settings or {})))
        make_loud(agent.networks.reward_value.v, agent.networks.world_model.reward)
        return agent

    return build


def actor_gradient(agent: DreamerV3, batch: Any) -> Tensor:
    """Of the whole actor loss."""

    def loss() -> Tensor:
        rollout = imagined(agent, batch)
        return agent._actor_loss(rollout, agent.imagined_reward(rollout))[0]

    return gradient(agent, loss, list(agent.networks.actor.parameters()))


@pytest.mark.parametrize("mode", ["score", "dynamics"])
def test_other_costs_teach_exactly_the_same(make, make_batch, mode: str):
    results = []
    for cost in (0.0, 1.0):
        agent = make({"dreamerv3.gradient": mode})
        torch.manual_seed(3)
        for seed in (1, 2):
            agent.train_step(make_batch(seed=seed, cost=np.full((3, 5), cost, np.float32)))
        agent.begin_finetuning()
        agent.train_step(make_batch(seed=3, cost=np.full((3, 5), cost, np.float32)))
        results.append(fingerprint(agent.networks))
    assert results[0] == results[1]


def test_batches_are_not_drawn_around_contacts(make_config):
    assert make_sampler(make_config({"agent": "dreamerv3"}), 0).contact_fraction == 0


@pytest.mark.parametrize("size", [1, 4])
def test_disagreement_is_the_spread_of_the_members_log_likelihoods(make, make_batch, size: int):
    agent = make({"dreamerv3.ensemble_size": size})
    rollout = imagined(agent, make_batch())
    state = agent.networks.world_model.rssm.split(rollout.features[1:])
    torch.testing.assert_close(torch.cat(state, -1), rollout.features[1:])
    found = agent.networks.ensemble.disagreement(*state)
    assert found.shape == rollout.reward.shape
    each = agent.networks.ensemble.log_probs(*state).detach().numpy()
    np.testing.assert_allclose(found.detach().numpy(), each.std(0), rtol=1e-4, atol=1e-5)
    assert bool((found == 0).all()) is (size == 1)


def test_imagined_reward_is_lower_where_the_members_disagree_and_the_same_where_they_agree(
    make, make_batch
):
    agent = make({"dreamerv3.ensemble_penalty": 0.5})
    rollout = imagined(agent, make_batch())
    taken = rollout.reward - agent.imagined_reward(rollout)
    disagreement = agent.networks.ensemble.disagreement(
        *agent.networks.world_model.rssm.split(rollout.features[1:])
    )
    torch.testing.assert_close(taken, 0.5 * disagreement, rtol=1e-3, atol=1e-5)
    assert taken.min() >= -1e-6
    first, *others = agent.networks.ensemble.members
    for member in others:
        member.load_state_dict(first.state_dict())
    torch.testing.assert_close(agent.imagined_reward(rollout), rollout.reward)


def test_training_makes_the_members_agree_on_what_was_seen(make, make_batch):
    agent = make({"dreamerv3.learning_rate": 0.01, "world_model.learning_rate": 1e-9})
    rollout = imagined(agent, make_batch())
    state = tuple(x.detach() for x in agent.networks.world_model.rssm.split(rollout.features[1:]))
    before = agent.networks.ensemble.disagreement(*state).mean()
    adam = torch.optim.Adam(agent.networks.ensemble.parameters(), lr=0.01)
    for _ in range(100):
        loss = agent.networks.ensemble.loss(*state)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert agent.networks.ensemble.disagreement(*state).mean() < 0.5 * before


@pytest.mark.parametrize("online", [False, True])
def test_the_penalty_counts_offline_and_online_only_if_asked_for(make, make_batch, online: bool):
    agent = make({"dreamerv3.ensemble_online": online})
    rollout = imagined(agent, make_batch())
    assert (agent.imagined_reward(rollout) < rollout.reward).any()
    agent.begin_finetuning()
    assert bool((agent.imagined_reward(rollout) < rollout.reward).any()) is online


@pytest.mark.parametrize("mode", ["score", "dynamics"])
def test_the_penalty_changes_the_actors_gradient(make, make_batch, mode: str):
    one, other = (
        actor_gradient(
            make({"dreamerv3.gradient": mode, "dreamerv3.ensemble_penalty": alpha}), make_batch()
        )
        for alpha in (0.0, 2.0)
    )
    assert one.any()
    assert not torch.allclose(one, other, rtol=1e-3, atol=1e-7)


def test_the_score_function_needs_no_dynamics_and_the_other_way_does(make, make_batch, monkeypatch):
    for mode, survives in (("score", True), ("dynamics", False)):
        agent = make({"dreamerv3.gradient": mode, "actor.entropy": 0.0})
        cut_dynamics(agent, monkeypatch)
        assert bool(actor_gradient(agent, make_batch()).any()) is survives
