"""The latents learn what is still to come."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fosp_agent.tensors import to_tensors
from fosp_agent.world_model.world_model import WorldModel


@pytest.mark.parametrize(("head", "loss"), [("to_come", "return"), ("cost_to_come", "cost_return")])
def test_what_is_still_to_come_teaches_the_encoder(make_config, make_batch, head, loss):
    model = WorldModel(make_config({f"world_model.{loss}_scale": 1.0}))
    torch.nn.init.normal_(getattr(model, head).mlp.output.weight)
    losses = model.filter(to_tensors(make_batch())).losses
    assert losses[loss].shape == (3, 4)
    losses[loss].mean().backward()
    weight = next(model.encoder.image.parameters())
    assert weight.grad is not None
    assert float(weight.grad.abs().sum()) > 0


def test_without_a_weight_there_is_no_such_head(make_config, make_batch):
    model = WorldModel(make_config())
    assert model.to_come is None
    assert "return" not in model.filter(to_tensors(make_batch())).losses


def test_the_cost_still_to_come_is_a_matter_of_costs_alone(make_config, make_batch):
    model = WorldModel(make_config({"world_model.cost_return_scale": 1.0}))
    assert model.cost_to_come is not None
    torch.nn.init.normal_(model.cost_to_come.mlp.output.weight)

    def loss(**changes: np.ndarray) -> torch.Tensor:
        torch.manual_seed(0)
        return model.filter(to_tensors(make_batch(**changes))).losses["cost_return"]

    plain = loss()
    nothing = np.zeros((3, 5), np.float32)
    assert torch.equal(loss(reward=nothing), plain)
    assert not torch.equal(loss(cost=nothing), plain)
