"""Policy expansion in training: the offline policy stays as it is."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.agents.acting import Proposals
from fosp_agent.agents.networks import fingerprint


def storages(module: torch.nn.Module) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in module.state_dict().values()}


@pytest.mark.parametrize("gradient", ["value", "score"])
@pytest.mark.parametrize("init", ["copy", "fresh"])
def test_the_frozen_policy_stays_the_same_over_online_updates_and_the_new_one_moves(
    make_agent, make_batch, gradient: str, init: str
):
    agent = make_agent({"actor.online_gradient": gradient, "actor.online_init": init})
    agent.train_step(make_batch())
    trained = fingerprint(agent.networks.offline)
    agent.expand()
    assert fingerprint(agent.networks.offline) == trained
    begun = fingerprint(agent.networks.new)
    for seed in range(3):
        agent.train_step(make_batch(seed=seed))
    assert fingerprint(agent.networks.offline) == trained
    assert fingerprint(agent.networks.new) != begun


@pytest.mark.parametrize("init", ["copy", "fresh"])
def test_the_two_policies_share_no_storage(make_agent, init: str):
    nets = make_agent({"actor.online_init": init}, expanded=True).networks
    assert not storages(nets.offline) & storages(nets.new)
    assert not any(p.requires_grad for p in nets.offline.parameters())
    assert all(p.requires_grad for p in nets.new.parameters())


def test_the_new_policy_begins_as_a_copy_or_fresh(make_agent):
    copied = make_agent({"actor.online_init": "copy"}, expanded=True).networks
    fresh = make_agent({"actor.online_init": "fresh"}, expanded=True).networks
    assert fingerprint(copied.new) == fingerprint(copied.offline)
    assert fingerprint(fresh.new) != fingerprint(fresh.offline)


def test_critics_world_model_and_reachability_go_on_learning(make_agent, make_batch):
    agent = make_agent(expanded=True)
    nets = agent.networks
    parts = (nets.world_model, nets.reward_critic, nets.cost_critic, nets.reachability)
    before = [fingerprint(part) for part in parts]
    agent.train_step(make_batch())
    assert all(a != fingerprint(b) for a, b in zip(before, parts, strict=True))


def test_expanding_twice_is_refused(make_agent):
    with pytest.raises(RuntimeError, match="already"):
        make_agent(expanded=True).expand()


def test_two_actions_have_two_values(make_agent):
    nets = make_agent().networks
    features = torch.randn(1, nets.world_model.rssm.feature_size).expand(2, -1)
    action = torch.stack([torch.full((6,), -0.5), torch.full((6,), 0.5)])
    for critic in (nets.reward_critic, nets.cost_critic):
        one, other = critic.action_value(features, action)
        assert (one - other).abs() > 1e-4


def test_each_candidate_is_judged_by_the_values_of_its_own_action(make_agent):
    nets = make_agent(expanded=True).networks
    features = torch.randn(1, nets.world_model.rssm.feature_size)
    action = torch.stack([torch.full((6,), -0.5), torch.full((6,), 0.5)])
    judged = nets.judge(Proposals(features, ("offline", "new"), action), greedy=True)
    for values, critic in (
        (judged.q_reward, nets.reward_critic),
        (judged.q_cost, nets.cost_critic),
    ):
        alone = torch.cat([critic.action_value(features, one.unsqueeze(0)) for one in action])
        torch.testing.assert_close(values, alone)
        assert (values[0] - values[1]).abs() > 1e-4
