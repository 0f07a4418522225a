"""What an operator does in the middle of a policy's episode is learned from as a demonstration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from fakes.imagining import actor_gradient
from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.model_based import Posterior
from fosp_agent.tensors import to_tensors


def marked(batch: Any, value: bool) -> Any:
    marks = np.zeros(batch.reward.shape, np.bool_)
    marks[:, 1:3] = value
    return replace(batch, intervention=marks)


def finetuning(make_agent: Any, weight: float = 1.0) -> Fosp:
    agent = make_agent({"actor.intervention_cloning": weight}, expanded=True)
    agent.finetuning = True
    return agent


def test_the_operators_steps_change_the_gradient_and_only_through_their_own_loss(
    make_agent: Any, make_batch: Any
) -> None:
    batch = make_batch()
    plain = actor_gradient(finetuning(make_agent), marked(batch, False))
    taught = actor_gradient(finetuning(make_agent), marked(batch, True))
    ignored = actor_gradient(finetuning(make_agent, 0.0), marked(batch, True))
    assert not torch.allclose(plain, taught, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(plain, ignored)


def test_the_operators_action_itself_changes_the_gradient(make_agent: Any, make_batch: Any) -> None:
    batch = marked(make_batch(), True)
    states = actor_gradient(finetuning(make_agent), batch)
    action = batch.action.copy()
    action[:, 2] = -action[:, 2]
    assert not torch.allclose(
        states, actor_gradient(finetuning(make_agent), replace(batch, action=action))
    )


def test_learning_from_them_makes_the_policy_do_likewise(make_agent: Any, make_batch: Any) -> None:
    """A step against the gradient of the interventions' loss raises their likelihood."""
    agent, batch = finetuning(make_agent), marked(make_batch(), True)
    data, nets = to_tensors(batch), agent.networks
    with torch.no_grad():
        states = nets.world_model.filter(data).states
    posterior, learner = Posterior.of(states), list(nets.learner().parameters())
    before = agent._intervention_loss(posterior, data, {})
    for parameter, slope in zip(learner, torch.autograd.grad(before, learner), strict=True):
        parameter.data -= 1e-3 * slope
    after = agent._intervention_loss(posterior, data, {})
    assert float(after.detach()) < float(before.detach())


def test_offline_they_count_like_any_other_step(make_agent: Any, make_batch: Any) -> None:
    agent = make_agent({})
    batch = make_batch()
    one, other = (
        actor_gradient(agent, marked(batch, False)),
        actor_gradient(agent, marked(batch, True)),
    )
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("value", [True, False])
def test_how_many_there_were_is_reported(make_agent: Any, make_batch: Any, value: bool) -> None:
    agent, metrics = finetuning(make_agent), {}
    data = to_tensors(marked(make_batch(), value))
    with torch.no_grad():
        states = agent.networks.world_model.filter(data).states
    agent._intervention_loss(Posterior.of(states), data, metrics)
    assert (metrics["actor/interventions"] > 0) is value
