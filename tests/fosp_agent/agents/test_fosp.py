"""One gradient step: who learns, from what, and what is saved."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fosp_agent.agents import critic_learning
from fosp_agent.agents import fosp as fosp_module
from fosp_agent.agents.critic_learning import Signal, critic_samples
from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.model_based import Posterior
from fosp_agent.behavior.critics import Samples
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.nn.optim import NonFiniteLoss
from fosp_agent.tensors import to_tensors


def values(agent: Fosp) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in agent.networks.named_parameters()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def see(agent: Fosp, batch: Any) -> tuple[Posterior, Any]:
    """The batch as the world model sees it, without a gradient step."""
    data = to_tensors(batch)
    with torch.no_grad():
        states = agent.networks.world_model.filter(data).states
    return Posterior.of(states), data


def reward_samples(agent: Fosp, posterior: Posterior, data: Any, rollout: Rollout) -> list[Samples]:
    """What the reward's critics learn from."""
    pair = agent.networks.reward_critic
    signal = Signal("reward", pair, data.reward, rollout.reward, 0.8)
    return critic_samples(signal, posterior, data, rollout, agent.config.critic)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("expanded", [False, True])
def test_every_trained_weight_moves_and_every_metric_is_finite(
    make_agent, make_batch, precision: str, expanded: bool
):
    agent = make_agent({"training.precision": precision}, expanded=expanded)
    before = values(agent)
    for _ in range(2):
        metrics = agent.train_step(make_batch())
    assert all(math.isfinite(value) for value in metrics.values()), metrics
    still = [name for name, value in values(agent).items() if torch.equal(before[name], value)]
    if not expanded:
        assert still == []
    else:
        assert still and all(name.startswith("offline.") for name in still)
    assert all(p.dtype == torch.float32 for p in agent.networks.parameters())


def test_what_the_world_model_saw_carries_no_graph_into_behaviour(make_agent, make_batch):
    agent = make_agent({"world_model.direct_pose": True})
    posterior, _ = agent._learn_world_model(to_tensors(make_batch()))
    tensors = [t for t in (*posterior.states, posterior.features) if t is not None]
    assert not any(t.requires_grad for t in tensors)


@pytest.mark.parametrize(
    "overrides",
    [
        {"actor.online_gradient": "score"},
        {"actor.online_init": "fresh"},
        {"actor.online_cloning": 0.5},
        {"critic.in_sample": False},
        {"critic.slow_target": False, "critic.slow_regularizer": 1.0},
        {"reachability.enabled": False},
        {"lagrangian.enabled": False},
        {"training.imagination_starts": 4},
        {"world_model.cost_head": "twohot"},
        {"world_model.direct_pose": True},
        {"world_model.forget_probability": 0.5},
        {"world_model.cloning_scale": 20.0},
        {"actor.imagined_reward": 1.0, "actor.imagined_cost": 1.0},
        {"actor.imagined_violation": 1.0},
        {"world_model.direct_pose": True, "training.moved_starts": 0.5},
        {"world_model.direct_pose": True, "world_model.goal_apart": 0.07},
        {"actor.weighting": "uniform"},
        {"actor.normalize_advantage": False},
    ],
    ids="+".join,
)
def test_every_switch_trains(make_agent, make_batch, overrides: dict[str, Any]):
    agent = make_agent(overrides)
    assert all(math.isfinite(v) for v in agent.train_step(make_batch()).values())
    agent.expand()
    assert all(math.isfinite(v) for v in agent.train_step(make_batch()).values())


def test_each_value_learns_with_its_own_expectile(make_agent, make_batch, monkeypatch):
    agent = make_agent({"critic.expectile": 0.7, "critic.cost_expectile": 0.9})
    seen: dict[int, set[float]] = {}
    original = critic_learning.v_loss

    def spy(pair: Any, samples: Samples, kappa: float, slow: bool) -> Tensor:
        seen.setdefault(id(pair), set()).add(kappa)
        return original(pair, samples, kappa, slow)

    monkeypatch.setattr(critic_learning, "v_loss", spy)
    agent.train_step(make_batch())
    nets = agent.networks
    assert seen == {id(nets.reward_critic): {0.7}, id(nets.cost_critic): {0.9}}


def test_real_samples_pair_an_action_with_the_next_reward_of_its_own_row(make_agent, make_batch):
    agent = make_agent({"critic.gamma": 1e-9})
    reward = 1000.0 * np.arange(1, 4)[:, None] + np.arange(5)[None]
    first = np.zeros((3, 5), np.bool_)
    first[:, 0] = first[1, 3] = True
    batch = make_batch(reward=reward.astype(np.float32), is_first=first)
    posterior, data = see(agent, batch)
    rollout = agent._imagine(posterior, data).detached()
    imagined, real = reward_samples(agent, posterior, data, rollout)
    torch.testing.assert_close(real.target, torch.from_numpy(reward[:, 1:]).float())
    torch.testing.assert_close(real.action, data.action[:, :-1])
    torch.testing.assert_close(real.features, posterior.features[:, :-1])
    assert real.weight[1].tolist() == [1, 1, 0, 1]  # not across the start of an episode
    torch.testing.assert_close(imagined.target, rollout.reward)
    assert not any(t.requires_grad for t in (*imagined, *real))


def test_a_terminal_state_has_no_bootstrap_and_a_truncated_one_has(make_agent, make_batch):
    agent = make_agent()
    terminal = np.zeros((3, 5), np.bool_)
    terminal[0, -1] = True
    posterior, data = see(agent, make_batch(is_terminal=terminal))
    rollout = agent._imagine(posterior, data).detached()
    pair = agent.networks.reward_critic
    _, real = reward_samples(agent, posterior, data, rollout)
    value = pair.v(posterior.features[:, -1])
    assert value.abs().min() > 1e-4
    torch.testing.assert_close(real.target[0, -1], data.reward[0, -1])
    torch.testing.assert_close(
        real.target[1:, -1], data.reward[1:, -1] + agent.config.critic.gamma * value[1:]
    )


def test_imagined_samples_weigh_nothing_after_a_terminal_root(make_agent, make_batch):
    agent = make_agent()
    terminal = np.zeros((3, 5), np.bool_)
    terminal[2, -1] = True
    posterior, data = see(agent, make_batch(is_terminal=terminal))
    rollout = agent._imagine(posterior, data).detached()
    weight = reward_samples(agent, posterior, data, rollout)[0].weight
    torch.testing.assert_close(weight, rollout.weight(agent.config.critic.gamma))
    assert not weight[:, -1].any()
    assert weight[0, :-1].tolist() == pytest.approx([1.0] * 14)
    assert bool((weight[1:, :-1] < weight[:-1, :-1]).all())


@pytest.fixture
def reachability_targets(monkeypatch) -> list[Tensor]:
    """What reachability regresses on: real steps (T, B), imagined ones (H + 1, N)."""
    targets: list[Tensor] = []
    original = fosp_module.reachability_loss

    def spy(network: Any, features: Tensor, target: Tensor, *weight: Tensor) -> Tensor:
        targets.append(target)
        return original(network, features, target, *weight)

    monkeypatch.setattr(fosp_module, "reachability_loss", spy)
    return targets


def test_reachability_learns_from_labels_on_real_steps(
    make_agent, make_batch, reachability_targets: list[Tensor]
):
    agent = make_agent({"reachability.gamma": 0.5})
    cost = np.zeros((3, 5), np.float32)
    cost[1, 3] = 1.0
    posterior, data = see(agent, make_batch(cost=cost))
    last = agent.networks.reachability(posterior.features[:, -1]).detach()
    agent._learn_reachability(posterior, data, agent._imagine(posterior, data).detached())
    real, imagined = reachability_targets
    torch.testing.assert_close(real[:, 1], torch.tensor([0.125, 0.25, 0.5, 1.0, last[1]]))
    torch.testing.assert_close(real[:, 0], last[0] * 0.5 ** torch.arange(4, -1, -1))
    assert imagined.min() >= 0
    assert imagined.max() <= 1


def test_reachability_ends_with_its_episode(
    make_agent, make_batch, reachability_targets: list[Tensor]
):
    """No violation comes back from the next episode of the row, nor from after the end."""
    agent = make_agent({"reachability.gamma": 0.5})
    cost, first, terminal = (np.zeros((3, 5), dtype) for dtype in (np.float32, np.bool_, np.bool_))
    cost[0, 4] = 1.0
    first[:, 0] = first[0, 3] = terminal[1, 4] = True
    posterior, data = see(agent, make_batch(cost=cost, is_first=first, is_terminal=terminal))
    agent._learn_reachability(posterior, data, agent._imagine(posterior, data).detached())
    real = reachability_targets[0]
    torch.testing.assert_close(real[:, 0], torch.tensor([0.0, 0.0, 0.0, 0.5, 1.0]))
    assert not real[:, 1].any()
    assert real[:, 2].all()


def test_reachability_learns_from_the_cost_heads_probability_in_imagination(
    make_agent, make_batch, reachability_targets: list[Tensor]
):
    agent = make_agent({"reachability.gamma": 0.5})
    posterior, data = see(agent, make_batch())
    rollout = agent._imagine(posterior, data).detached()
    violation = torch.zeros_like(rollout.violation)
    violation[2, 0] = 0.8
    proceed = torch.ones_like(rollout.proceed)
    last = agent.networks.reachability(rollout.features[-1]).detach()
    rollout = rollout._replace(violation=violation, proceed=proceed)
    agent._learn_reachability(posterior, data, rollout)
    imagined = reachability_targets[1]
    horizon = len(violation) - 1
    ahead = last * 0.5 ** torch.arange(horizon, -1, -1.0).unsqueeze(-1)
    torch.testing.assert_close(imagined[:, 1:], ahead[:, 1:])
    torch.testing.assert_close(imagined[:3, 0], torch.tensor([0.2, 0.4, 0.8]))


def test_no_violation_is_reached_past_an_imagined_end(
    make_agent, make_batch, reachability_targets: list[Tensor]
):
    """States: 0 may end in 1; 1 violates and is terminal; 2 is terminal, before a violation."""
    agent = make_agent({"reachability.gamma": 0.5})
    posterior, data = see(agent, make_batch())
    rollout = agent._imagine(posterior, data).detached()
    violation, proceed = torch.zeros_like(rollout.violation), torch.ones_like(rollout.proceed)
    violation[1, 0] = violation[3, 1] = 1.0
    proceed[1, 0] = proceed[2, 1] = proceed[-1, 2] = 0.0
    agent._learn_reachability(
        posterior, data, rollout._replace(violation=violation, proceed=proceed)
    )
    imagined = reachability_targets[1]
    assert imagined[:2, 0].tolist() == [0.5, 1.0]
    assert imagined[:4, 1].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert not imagined[:, 2].any()


@pytest.mark.parametrize("gradient", ["score", "value"])
def test_what_is_imagined_after_an_end_moves_nothing(make_agent, make_batch, gradient: str):
    overrides = {"actor.online_gradient": gradient, "actor.imagined_reward": 1.0}
    overrides |= {"actor.imagined_cost": 1.0, "actor.imagined_violation": 1.0}
    overrides |= {"lagrangian.multiplier": 1.0, "lagrangian.penalty": 1.0}
    posterior, data = see(make_agent(), make_batch())

    def moved(afterlife: float, ends: int) -> tuple[float, float, float]:
        agent = make_agent(overrides, expanded=True)
        torch.manual_seed(4)
        rollout = agent._imagine(posterior, data).detached()
        proceed = torch.ones_like(rollout.proceed)
        proceed[ends, 0] = 0.0
        reward, cost, features = (
            x.clone() for x in (rollout.reward, rollout.cost, rollout.features)
        )
        reward[ends:, 0] += afterlife
        cost[ends:, 0] += afterlife
        features[ends + 1 :, 0] += afterlife
        rollout = rollout._replace(reward=reward, cost=cost, features=features, proceed=proceed)
        torch.manual_seed(4)
        online = agent._online_loss(rollout, {}) + agent._imagined_loss(rollout, {})
        phi, _ = agent._penalty(rollout)
        return online.item(), phi.item(), float(agent.networks.lagrangian.multiplier)

    for ends in (0, 2):
        assert moved(0.0, ends) == pytest.approx(moved(5.0, ends))


def test_the_same_luck_gives_the_same_step(make_agent, make_batch):
    results = []
    for _ in range(2):
        agent = make_agent()
        torch.manual_seed(5)
        agent.train_step(make_batch())
        results.append(values(agent))
    assert same(*results)


@pytest.mark.parametrize("expanded", [False, True])
def test_a_restored_agent_continues_the_same_curve(make_agent, make_batch, expanded: bool):
    agent = make_agent(expanded=expanded)
    agent.train_step(make_batch(seed=1))
    state, luck = copy.deepcopy(agent.state_dict()), torch.get_rng_state()
    first = [agent.train_step(make_batch(seed=s)) for s in (2, 3)]
    other = make_agent()
    other.load_state_dict(state)
    torch.set_rng_state(luck)
    assert [other.train_step(make_batch(seed=s)) for s in (2, 3)] == first
    assert same(values(agent), values(other))
    buffers = dict(agent.networks.named_buffers())
    assert all(torch.equal(b, buffers[n]) for n, b in other.networks.named_buffers())
    assert agent.updates == other.updates == 3


def test_the_state_holds_slow_copies_multipliers_ranges_and_optimisers(make_agent, make_batch):
    agent = make_agent(expanded=True)
    agent.train_step(make_batch())
    state = agent.state_dict()
    names = set(state["networks"])
    for name in (
        "reward_critic.slow_q.mlp.output.weight",
        "cost_critic.slow_q.mlp.output.weight",
        "lagrangian.multiplier",
        "lagrangian.penalty",
        "reward_advantage_range.high",
        "cost_value_range.low",
        "new.mlp.output.weight",
        "offline.mlp.output.weight",
    ):
        assert name in names
    assert set(state["optimizers"]) == {"world model", "critics", "reachability", "actor"}
    assert all(o["state"] for o in state["optimizers"].values())


def test_a_nan_label_names_the_part_and_leaves_all_weights(make_agent, make_batch):
    agent = make_agent()
    before = values(agent)
    reward = np.zeros((3, 5), np.float32)
    reward[1, 2] = np.nan
    with pytest.raises(NonFiniteLoss, match="world model"):
        agent.train_step(make_batch(reward=reward))
    assert same(before, values(agent))
    assert agent.updates == 0


def test_a_broken_actor_loss_names_the_actor_and_leaves_its_weights(make_agent, make_batch):
    agent = make_agent()
    before = values(agent)
    agent.networks.lagrangian.multiplier.fill_(float("inf"))
    with pytest.raises(NonFiniteLoss, match="actor"):
        agent.train_step(make_batch())
    after = values(agent)
    for part in ("offline", "reward_critic", "cost_critic", "reachability"):
        assert all(torch.equal(before[n], after[n]) for n in before if n.startswith(part))
