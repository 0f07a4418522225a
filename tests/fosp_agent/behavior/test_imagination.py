"""Imagined roll-outs: what belongs to which state, what counts, where gradients go."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout, imagine, moved
from fosp_agent.nn.optim import frozen
from fosp_agent.settings import ConfigError
from fosp_agent.world_model.world_model import WorldModel

HORIZON, STARTS = 4, 3


@pytest.fixture
def model(make_config) -> WorldModel:
    world = WorldModel(make_config())
    torch.nn.init.normal_(world.reward.mlp.output.weight)
    return world


@pytest.fixture
def actor(make_config, model: WorldModel) -> Actor:
    return Actor(model.rssm.feature_size, make_config())


def roll(model: WorldModel, actor: Actor, proceed: torch.Tensor | None = None) -> Rollout:
    start = model.rssm.initial(STARTS)
    return imagine(model, actor, start, torch.ones(STARTS) if proceed is None else proceed, HORIZON)


def test_signals_belong_to_the_state_that_they_arrive_with(model: WorldModel, actor: Actor):
    rollout = roll(model, actor)
    assert rollout.features.shape == (HORIZON + 1, STARTS, model.rssm.feature_size)
    assert rollout.action.shape == (HORIZON, STARTS, 6)
    after = rollout.features[1:]
    torch.testing.assert_close(rollout.reward, model.reward(after))
    torch.testing.assert_close(rollout.cost, model.cost.expected(after))
    torch.testing.assert_close(rollout.violation, model.cost.probability(rollout.features))
    torch.testing.assert_close(rollout.proceed[1:], model.proceed(after))


def test_the_action_leads_from_its_state_to_the_next(model: WorldModel, actor: Actor):
    rollout = roll(model, actor)
    size = model.rssm.deter_size
    state = model.rssm.initial(STARTS)
    deter = model.rssm.advance(state, rollout.action[0])
    torch.testing.assert_close(rollout.features[1, :, :size], deter)


def test_a_terminal_root_weighs_nothing_and_a_running_one_all(model: WorldModel, actor: Actor):
    weight = roll(model, actor, torch.tensor([1.0, 0.0, 1.0])).weight(0.9)
    assert weight.shape == (HORIZON, STARTS)
    assert weight[0].tolist() == pytest.approx([1.0, 0.0, 1.0])
    assert not weight[:, 1].any()


def test_weights_are_the_discounted_odds_of_reaching_a_state():
    proceed = torch.tensor([[1.0], [0.5], [0.25], [0.125]])
    empty = torch.zeros(3, 1)
    rollout = Rollout(empty, empty, empty, empty, empty, proceed)
    torch.testing.assert_close(
        rollout.weight(0.9), torch.tensor([[1.0], [0.9 * 0.5], [0.81 * 0.125]])
    )


def test_the_gradient_of_a_predicted_cost_reaches_the_actor_through_the_dynamics(
    model: WorldModel, actor: Actor
):
    with frozen([model]):
        rollout = roll(model, actor)
    gradients = torch.autograd.grad(rollout.cost[-1].sum(), list(actor.parameters()))
    assert all(g.any() for g in gradients)
    assert not any(p.grad is not None for p in model.parameters())


def test_a_moved_start_keeps_its_scene_and_stands_where_another_stood(make_config):
    torch.manual_seed(0)
    model = WorldModel(make_config({"world_model.direct_pose": True}))
    count = 400
    start = model.rssm.initial(count)._replace(
        deter=torch.arange(float(count)).unsqueeze(-1),
        pose=torch.arange(float(count)).unsqueeze(-1).expand(-1, 6),
    )
    there = moved(model.rssm, start, 0.5)
    assert there.pose is not None and start.pose is not None
    assert torch.equal(there.deter, start.deter)
    changed = (there.pose != start.pose).any(-1)
    assert 150 < int(changed.sum()) < 250
    assert set(there.pose[:, 0].tolist()) <= set(start.pose[:, 0].tolist())
    assert torch.equal(moved(model.rssm, start, 0.0).pose, start.pose)


def test_a_start_that_is_moved_anywhere_stays_within_the_bounds_and_fills_them(make_config):
    torch.manual_seed(0)
    low, high = [0.3, -0.2, 0.0, -0.1, -0.1, -0.1], [0.7, 0.2, 0.1, 0.1, 0.1, 0.1]
    setting = {"world_model.direct_pose": True, "robot.pose_low": low, "robot.pose_high": high}
    model = WorldModel(make_config(setting))
    start = model.rssm.initial(400)._replace(pose=torch.full((400, 6), 9.0))
    there = moved(model.rssm, start, 1.0, anywhere=0.5).pose
    assert there is not None
    strewn = there[(there != 9.0).all(-1)]
    assert 150 < len(strewn) < 250
    assert bool(((strewn >= model.rssm.low) & (strewn <= model.rssm.high)).all())
    width = model.rssm.high - model.rssm.low
    assert bool((strewn.amax(0) - strewn.amin(0) > 0.9 * width).all())


def test_anywhere_needs_bounds(make_config):
    setting = {"world_model.direct_pose": True, "training.moved_anywhere": 0.5}
    with pytest.raises(ConfigError, match="moved_anywhere.*which are empty: give them"):
        WorldModel(make_config(setting))
