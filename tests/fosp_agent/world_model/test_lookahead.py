"""Heads that see one step's scene with a later pose of the same, untouched scene."""

import torch

from fosp_agent.tensors import TensorBatch
from fosp_agent.world_model.lookahead import look_ahead, look_back, look_elsewhere
from fosp_agent.world_model.rssm import State


def sequences(cost: torch.Tensor) -> tuple[State, TensorBatch]:
    """States and poses that say which row and step they are of."""
    rows, length = cost.shape
    number = torch.arange(rows * length, dtype=torch.float32).view(rows, length)
    states = State(number.unsqueeze(-1), -number.unsqueeze(-1), number.unsqueeze(-1).clone())
    image = torch.zeros(rows, length, 3, 8, 8)
    batch = TensorBatch(
        image, states.pose, states.pose, number, cost, torch.zeros_like(cost).bool(),
        torch.zeros_like(cost).bool(),
    )  # fmt: skip
    return states, batch


def test_the_pose_and_the_labels_are_of_one_later_step_of_the_same_row():
    torch.manual_seed(0)
    states, batch = sequences(torch.zeros(32, 16))
    ahead = look_ahead(states, batch)
    here, there = states.deter[..., 0], ahead.pose[..., 0]
    assert torch.equal(there, ahead.reward)
    assert bool((there >= here).all())
    assert bool((there // 16 == here // 16).all())
    assert float((there - here).mean()) > 2
    assert bool((ahead.weight == 1).all())


def test_a_scene_that_was_touched_meanwhile_does_not_count():
    torch.manual_seed(0)
    cost = torch.zeros(64, 16)
    cost[:, 8:10] = 1
    states, batch = sequences(cost)
    ahead = look_ahead(states, batch)
    here = torch.arange(16).expand(64, -1)
    there = (ahead.pose[..., 0] % 16).long()
    passed = (there > 8) & (here <= 8) | (there > 9) & (here == 9)
    assert torch.equal(ahead.weight == 0, passed)
    first = (there == 8) & (here <= 8)
    assert bool(first.any()) and bool((ahead.weight[first] == 1).all())
    assert bool((ahead.cost[first] == 1).all())


def test_looking_back_keeps_the_pose_and_takes_an_earlier_scene_of_the_row():
    torch.manual_seed(0)
    states, batch = sequences(torch.zeros(32, 16))
    states = states._replace(camera=torch.arange(32.0).view(32, 1, 1).expand(32, 16, 12))
    back = look_back(states, batch)
    assert back.camera is states.camera, "all steps of a row were seen alike"
    here, there = states.deter[..., 0], back.deter[..., 0]
    assert torch.equal(back.pose, states.pose)
    assert torch.equal(back.stoch[..., 0], -there)
    assert bool((there <= here).all())
    assert bool((there // 16 == here // 16).all())
    assert float((here - there).mean()) > 2


def test_looking_back_never_passes_a_touch():
    torch.manual_seed(0)
    cost = torch.zeros(64, 16)
    cost[:, 8] = 1
    states, batch = sequences(cost)
    there = look_back(states, batch).deter[..., 0] % 16
    here = torch.arange(16).expand(64, -1)
    assert bool((there[here > 8] > 8).all())


def test_elsewhere_is_rewarded_at_the_own_goal_and_not_at_one_far_from_it():
    torch.manual_seed(0)
    position = torch.tensor([[0.0, 0, 0], [0.05, 0, 0], [0.2, 0, 0], [float("nan"), 0, 0]])
    there = look_elsewhere(position.clone(), position, 400, apart=0.1)
    x, own = there.pose[..., 0], there.reward == 1
    assert bool(torch.isfinite(there.pose).all())
    counted = there.weight == 1
    for row, (here, far) in enumerate([(0.0, {0.2}), (0.05, {0.2}), (0.2, {0.0, 0.05})]):
        torch.testing.assert_close(x[row][own[row]], torch.full_like(x[row][own[row]], here))
        negatives = x[row][counted[row] & ~own[row]]
        assert {round(value, 3) for value in negatives.tolist()} == far
        assert bool(counted[row][own[row]].all())
    assert not bool(counted[3].any())  # nobody knows where that episode's goal is
