"""What the oversampling of contacts means to the reachability head."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fosp_agent.agents.model_based import Posterior
from fosp_agent.tensors import to_tensors


def learned(make_agent, batch, debias: bool) -> float:
    """The loss of a fresh agent, the same but for the switch."""
    torch.manual_seed(0)
    agent = make_agent({"reachability.debias": debias})
    data = to_tensors(batch)
    with torch.no_grad():
        seen = Posterior.of(agent.networks.world_model.filter(data).states)
        rollout = agent._imagine(seen, data).detached()
    return float(agent._learn_reachability(seen, data, rollout)["loss/reachability"])


@pytest.mark.parametrize("debias", [True, False])
def test_rows_weigh_by_how_often_they_are_drawn_only_where_that_is_asked_for(
    make_agent, make_batch, debias: bool
):
    plain = learned(make_agent, make_batch(importance=np.ones(3, np.float32)), debias)
    weighed = learned(make_agent, make_batch(importance=np.array([0, 0, 3], np.float32)), debias)
    assert (plain != pytest.approx(weighed)) == debias
