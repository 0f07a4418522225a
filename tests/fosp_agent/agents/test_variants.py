"""The ablations of Figure 4 and behaviour cloning: each really leaves out what it says."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fakes.imagining import gradient, see
from fosp_agent.agents.critic_learning import Signal, critic_samples
from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.networks import fingerprint
from fosp_agent.agents.variants import VARIANTS, variant, variant_config

LOUD = {"lagrangian.multiplier": 1.0, "lagrangian.penalty": 0.1,
        "actor.beta_reward": 1.0, "actor.beta_cost": 1.0}  # fmt: skip
STAGES = pytest.mark.parametrize("online", [False, True], ids=["offline", "online"])


@pytest.fixture
def make(make_agent) -> Any:
    """Makes FOSP in a variant, in either stage."""

    def build(name: str, *, online: bool = False, **settings: Any) -> Fosp:
        overrides = LOUD | dict(variant(name).settings) | settings
        agent: Fosp = make_agent(overrides)
        nn.init.normal_(agent.networks.reachability.mlp.output.weight, std=1.0)
        if online:
            agent.begin_finetuning()
        return agent

    return build


def actor_gradient(agent: Fosp, batch: Any) -> Tensor:
    """Of the whole actor loss; the same luck and multipliers each time."""
    nets = agent.networks
    multipliers = copy.deepcopy(nets.lagrangian.state_dict())

    def loss() -> Tensor:
        torch.manual_seed(3)
        posterior, data = see(agent, batch)
        return agent._actor_loss(posterior, data, agent._imagine(posterior, data))[0]

    found = gradient(agent, loss, list(nets.learner().parameters()))
    nets.lagrangian.load_state_dict(multipliers)
    return found


def differs(one: Tensor, other: Tensor) -> bool:
    return not torch.allclose(one, other, rtol=1e-3, atol=1e-7)


@STAGES
@pytest.mark.parametrize("name", ["no_reachability", "no_lagrangian"])
def test_what_is_left_out_changes_the_actors_gradient(make, make_batch, name: str, online: bool):
    whole, part = (make(n, online=online) for n in ("fosp", name))
    assert differs(actor_gradient(whole, make_batch()), actor_gradient(part, make_batch()))


@STAGES
@pytest.mark.parametrize(("name", "feels"), [("fosp", True), ("no_reachability", False)])
def test_without_reachability_its_network_does_not_matter(
    make, make_batch, name: str, feels: bool, online: bool
):
    agent = make(name, online=online)
    one = actor_gradient(agent, make_batch())
    agent.networks.reachability.mlp.output.bias.data.fill_(2.0)
    assert differs(one, actor_gradient(agent, make_batch())) is feels
    features = torch.randn(1, agent.networks.feature_size)
    assert (float(agent.networks.reachability.feasibility(features)) < 1) is feels


@STAGES
@pytest.mark.parametrize(("name", "feels"), [("fosp", True), ("no_lagrangian", False)])
def test_without_the_lagrangian_its_multiplier_does_not_matter(
    make, make_batch, name: str, feels: bool, online: bool
):
    agent = make(name, online=online)
    one = actor_gradient(agent, make_batch())
    agent.networks.lagrangian.multiplier.fill_(50.0)
    assert differs(one, actor_gradient(agent, make_batch())) is feels


@STAGES
@pytest.mark.parametrize(("name", "feels"), [("fosp", True), ("no_in_sample", False)])
def test_without_in_sample_learning_recorded_rewards_and_actions_do_not_reach_the_critics(
    make, make_batch, name: str, feels: bool, online: bool
):
    results = []
    for action, label in ((-0.5, 0.0), (0.5, 1.0)):
        agent = make(name, online=online)
        posterior, data = see(agent, make_batch())
        torch.manual_seed(3)
        rollout = agent._imagine(posterior, data).detached()
        full = np.full((3, 5), label, np.float32)
        changed = make_batch(action=np.full((3, 5, 6), action, np.float32), reward=full, cost=full)
        agent._learn_critics(posterior, see(agent, changed)[1], rollout)
        results.append(fingerprint(agent.networks.reward_critic))
    assert (results[0] != results[1]) is feels


@pytest.mark.parametrize(("name", "weights"), [("fosp", 2), ("no_in_sample", 1)])
def test_without_in_sample_learning_values_are_means_of_imagined_steps(
    make, make_batch, name: str, weights: int
):
    agent = make(name)
    config, nets = agent.config.critic, agent.networks
    posterior, data = see(agent, make_batch())
    rollout = agent._imagine(posterior, data).detached()
    signal = Signal("reward", nets.reward_critic, data.reward, rollout.reward, config.expectile)
    assert len(critic_samples(signal, posterior, data, rollout, config)) == weights
    assert (config.expectile == config.cost_expectile == 0.5) is (weights == 1)


def test_without_expansion_the_offline_policy_itself_learns_on_and_is_the_one_candidate(
    make, make_batch
):
    agent = make("no_expansion", online=True)
    nets = agent.networks
    assert list(nets.policies()) == ["offline"]
    assert nets.learner() is nets.offline
    begun = fingerprint(nets.offline)
    agent.train_step(make_batch())
    assert fingerprint(nets.offline) != begun
    assert nets.new is None


def test_without_expansion_the_online_loss_is_the_same_as_of_a_new_policy_that_is_a_copy(
    make, make_batch
):
    """Only who learns differs: eq. 23 on the same weights has the same gradient."""
    copied = {"actor.online_init": "copy"}
    direct = actor_gradient(make("no_expansion", online=True, **copied), make_batch())
    expanded = actor_gradient(make("fosp", online=True, **copied), make_batch())
    torch.testing.assert_close(direct, expanded)
    offline = actor_gradient(make("no_expansion", **copied), make_batch())
    assert differs(direct, offline)
    kept = {"expansion.direct_loss": "offline"}
    again = actor_gradient(make("no_expansion", online=True, **kept), make_batch())
    torch.testing.assert_close(again, offline)


@STAGES
def test_behaviour_cloning_knows_neither_reward_nor_cost_nor_imagination(
    make, make_batch, online: bool
):
    agent = make("behavior_cloning", online=online, **{"actor.entropy": 0.0})
    nets = agent.networks
    one = actor_gradient(agent, make_batch())
    assert one.any()
    for part in (nets.reward_critic.q, nets.cost_critic.q, nets.cost_critic.v, nets.reachability):
        nn.init.normal_(part.mlp.output.weight, std=2.0)
    nets.lagrangian.multiplier.fill_(50.0)
    assert torch.equal(one, actor_gradient(agent, make_batch()))
    torch.manual_seed(3)
    posterior, data = see(agent, make_batch())
    features, action = posterior.features[:, :-1], data.action[:, :-1]
    likelihood = gradient(
        agent,
        lambda: -nets.learner()(features).log_prob(action).mean(),
        list(nets.learner().parameters()),
    )
    torch.testing.assert_close(one, likelihood)
    assert list(nets.policies()) == ["offline"]


@pytest.mark.parametrize("name", VARIANTS)
def test_only_the_extensions_have_what_goes_beyond_the_paper(name: str):
    config = variant_config(name, "small")
    actor = config.actor
    beyond = [
        actor.imagined_reward or actor.imagined_cost or actor.imagined_violation,
        config.training.moved_starts,
        config.world_model.goal_apart,
    ]
    assert {bool(setting) for setting in beyond} == {name.startswith(("fosp_imagined", "full"))}
