"""An episode has one goal: places where others were rewarded say where it is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fosp_agent.settings import ConfigError
from fosp_agent.tensors import to_tensors
from fosp_agent.world_model.world_model import WorldModel

SETTINGS = {"world_model.direct_pose": True, "world_model.goal_apart": 0.1}


def goals() -> np.ndarray:
    """(3, 6), half a metre apart."""
    found = np.zeros((3, 6), np.float32)
    found[:, 0] = (0.0, 0.5, 1.0)
    return found


def test_the_reward_head_learns_which_goal_is_the_rows_own(make_config, make_batch):
    torch.manual_seed(0)
    model = WorldModel(make_config(SETTINGS)).train()
    data = to_tensors(make_batch(goal=goals(), reward=np.zeros((3, 5), np.float32)))
    adam = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(250):
        loss = model.filter(data).losses["reward"].mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    model.eval()
    with torch.no_grad():
        states = model.filter(data).states
        places = model.encoder.in_range(torch.from_numpy(goals()))
        found = torch.stack(
            [model.reward(model.rssm.placed(states, p.expand(3, 5, 6)).features()) for p in places]
        ).mean(-1)  # (place, row)
    own = found.diagonal()
    other = found[~torch.eye(3, dtype=torch.bool)]
    assert float(own.min()) > 0.5 > float(other.max())


def test_without_goals_or_while_testing_the_loss_is_what_it_was(make_config, make_batch):
    model = WorldModel(make_config(SETTINGS))

    def loss(training: bool, **changes: np.ndarray) -> torch.Tensor:
        torch.manual_seed(0)
        return model.train(training).filter(to_tensors(make_batch(**changes))).losses["reward"]

    assert torch.equal(loss(False), loss(False, goal=goals()))
    assert not torch.equal(loss(True), loss(True, goal=goals()))
    unknown = np.full((3, 6), np.nan, np.float32)
    assert torch.equal(loss(True), loss(True, goal=unknown))


@pytest.mark.parametrize(
    "setting", [{"world_model.goal_apart": 0.1}, {"training.moved_starts": 0.5}], ids="+".join
)
def test_a_pose_that_is_no_part_of_the_state_cannot_be_moved(make_config, setting):
    with pytest.raises(ConfigError, match=f"{next(iter(setting))} would move.*direct_pose"):
        WorldModel(make_config({"world_model.direct_pose": False} | setting))
