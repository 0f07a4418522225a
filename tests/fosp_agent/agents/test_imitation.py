"""Who is imitated, and how much: exemplary rows alone, and by advantages without their offset."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from fosp_agent.agents.model_based import Posterior
from fosp_agent.tensors import TensorBatch, to_tensors
from fosp_agent.types import Batch


def other_actions(batch: Batch, row: int) -> Batch:
    """The batch with other actions in one row."""
    action = batch.action.copy()
    action[row] = -action[row]
    return Batch(**{**vars(batch), "action": action})


def posterior(agent, data: TensorBatch) -> Posterior:
    """Drawn latents, the same for the same seed."""
    with torch.no_grad():
        return Posterior.of(agent.networks.world_model.filter(data).states)


def imitation(agent, seen: Posterior, data: TensorBatch) -> Tensor:
    return agent._offline_loss(seen, data, {}).detach()


def test_the_policy_imitates_exemplary_rows_alone(make_agent, make_batch):
    agent = make_agent()
    batch = make_batch(exemplary=np.array([1, 0, 1], np.float32))
    seen = posterior(agent, to_tensors(batch))
    loss = imitation(agent, seen, to_tensors(batch))
    assert torch.equal(imitation(agent, seen, to_tensors(other_actions(batch, 1))), loss)
    assert not torch.equal(imitation(agent, seen, to_tensors(other_actions(batch, 0))), loss)


def test_the_latents_are_taught_the_actions_of_exemplary_rows_alone(make_agent, make_batch):
    model = make_agent({"world_model.cloning_scale": 1.0}).networks.world_model
    data = to_tensors(make_batch(exemplary=np.array([1, 0, 1], np.float32)))
    loss = model.filter(data).losses["cloning"]
    assert (loss[1] == 0).all()
    assert (loss[[0, 2]] > 0).all()


def test_a_batch_of_examples_alone_is_learned_from_as_without_the_rule(make_agent, make_batch):
    agent = make_agent()
    plain = to_tensors(make_batch())
    seen = posterior(agent, plain)
    all_rows = to_tensors(make_batch(exemplary=np.ones(3, np.float32)))
    assert torch.equal(imitation(agent, seen, plain), imitation(agent, seen, all_rows))


@pytest.mark.parametrize("centered", [True, False])
def test_values_that_lag_behind_do_not_shift_centered_weights(
    make_agent, make_batch, monkeypatch, centered: bool
):
    agent = make_agent({"actor.center_advantage": centered})
    data = to_tensors(make_batch())
    seen = posterior(agent, data)
    loss = imitation(agent, seen, data)
    exact = agent.networks.advantages
    monkeypatch.setattr(
        agent.networks, "advantages", lambda *where: tuple(a + 3.0 for a in exact(*where))
    )
    shifted = imitation(agent, seen, data)
    assert torch.allclose(shifted, loss, rtol=1e-4) == centered


def test_a_batch_without_an_example_imitates_nothing(make_batch):
    data = to_tensors(make_batch(exemplary=np.zeros(3, np.float32)))
    weight = data.imitation_weight()
    assert isinstance(weight, Tensor) and (weight == 0).all()
