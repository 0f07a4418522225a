"""Every term of the actor's loss moves the actor: nothing in eq. 20 and 23 is decoration."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from fakes.imagining import actor_gradient
from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.model_based import Posterior
from fosp_agent.nn.optim import frozen
from fosp_agent.tensors import to_tensors

LOUD = {"lagrangian.multiplier": 1.0, "actor.beta_reward": 1.0, "actor.beta_cost": 1.0}


def set_feasibility(agent: Fosp, logit: float) -> None:
    """Let p(s) be sigmoid(logit) everywhere."""
    torch.nn.init.zeros_(agent.networks.reachability.mlp.output.weight)
    agent.networks.reachability.mlp.output.bias.data.fill_(logit)


MODES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"actor.online_gradient": "value"}, True),
    ({"actor.online_gradient": "score"}, True),
]
IDS = ["offline", "online value", "online score"]


@pytest.mark.parametrize(("mode", "expanded"), MODES, ids=IDS)
@pytest.mark.parametrize(
    "change",
    [
        {"actor.beta_reward": 2.0},
        {"actor.beta_cost": 2.0},
        {"actor.entropy": 0.1},
        {"lagrangian.multiplier": 3.0},
        {"lagrangian.penalty": 1.0},
        {"lagrangian.enabled": False},
        {"lagrangian.cost_limit": -5.0, "lagrangian.penalty": 1.0},
        {"actor.imagined_reward": 1.0},
        {"actor.imagined_cost": 1.0},
        {"actor.imagined_violation": 1.0},
    ],
    ids="+".join,
)
def test_a_setting_changes_the_actors_gradient(
    make_agent, make_batch, mode: dict[str, Any], expanded: bool, change: dict[str, Any]
):
    one = actor_gradient(make_agent(LOUD | mode, expanded=expanded), make_batch())
    other = actor_gradient(make_agent(LOUD | mode | change, expanded=expanded), make_batch())
    assert not torch.allclose(one, other, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(("mode", "expanded"), MODES, ids=IDS)
@pytest.mark.parametrize("lagrangian", [True, False])
def test_feasibility_changes_the_actors_gradient(
    make_agent, make_batch, mode: dict[str, Any], expanded: bool, lagrangian: bool
):
    overrides = LOUD | mode | {"lagrangian.enabled": lagrangian}
    gradients = []
    for logit in (-1.0, 1.0):
        agent = make_agent(overrides, expanded=expanded)
        set_feasibility(agent, logit)
        gradients.append(actor_gradient(agent, make_batch()))
    assert not torch.allclose(*gradients, rtol=1e-3, atol=1e-7)


def test_phi_counts_only_as_far_as_a_state_is_feasible(make_agent, make_batch):
    """With uniform weights, Phi * u is all that feasibility can change."""
    gradients = []
    for logit in (-1.0, 1.0):
        agent = make_agent(LOUD | {"actor.weighting": "uniform"})
        set_feasibility(agent, logit)
        gradients.append(actor_gradient(agent, make_batch()))
    assert not torch.allclose(*gradients, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(("mode", "expanded"), MODES, ids=IDS)
@pytest.mark.parametrize("critic", ["reward_critic", "cost_critic"])
def test_each_critic_changes_the_actors_gradient(
    make_agent, make_batch, mode: dict[str, Any], expanded: bool, critic: str
):
    agent = make_agent(LOUD | mode | {"lagrangian.enabled": False}, expanded=expanded)
    one = actor_gradient(agent, make_batch())
    torch.nn.init.normal_(getattr(agent.networks, critic).q.mlp.output.weight, std=0.3)
    assert not torch.allclose(one, actor_gradient(agent, make_batch()), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize(
    ("loud", "quantity", "sign"),
    [
        ({"lagrangian.multiplier": 1e3, "lagrangian.penalty": 1e-3}, "lagrangian/cost_return", -1),
        ({"actor.imagined_cost": 1e3}, "actor/imagined_cost", -1),
        ({"actor.imagined_violation": 1e3}, "actor/imagined_violation", -1),
        ({"actor.imagined_reward": 1e3}, "actor/imagined_reward", 1),
    ],
    ids=["Phi", "cost", "violation", "reward"],
)
def test_a_term_that_outweighs_the_rest_moves_what_is_imagined_its_way(
    make_agent, make_batch, loud: dict[str, Any], quantity: str, sign: int
):
    silent = {"actor.weighting": "uniform", "actor.entropy": 0.0, "training.horizon": 2}
    agent = make_agent(silent | loud)
    data, nets = to_tensors(make_batch()), agent.networks
    nets.cost_value_range.high.fill_(0.1)
    torch.nn.init.normal_(nets.world_model.reward.mlp.output.weight, std=0.3)
    found = []
    adam = torch.optim.Adam(nets.offline.parameters(), lr=0.01)
    with frozen([nets.world_model, *nets.behaviors()]):
        with torch.no_grad():
            states = nets.world_model.filter(data).states
        posterior = Posterior.of(states)
        for _ in range(40):
            torch.manual_seed(0)
            loss, metrics = agent._actor_loss(posterior, data, agent._imagine(posterior, data))
            adam.zero_grad()
            loss.backward()
            adam.step()
            found.append(metrics[quantity])
    assert sign * (found[-1] - found[0]) > 0
