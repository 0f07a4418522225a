"""Heads that see today's scene and tomorrow's pose: what kinematic imagination asks of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from fosp_agent.tensors import TensorBatch
from fosp_agent.world_model.rssm import State


class Ahead(NamedTuple):
    """For each step t of each row, a later step f >= t of the same row."""

    pose: Tensor
    """(B, T, P) pose of f, in units of the pose range."""
    reward: Tensor
    """(B, T) labels of f."""
    cost: Tensor
    weight: Tensor
    """(B, T): 1 where nothing was touched in t .. f - 1, so that the scene is still the same."""


def look_ahead(states: State, batch: TensorBatch) -> Ahead:
    """Pair the scene of every step with the pose of a random later one.

    Args:
        states: posterior (B, T, ...) with a direct pose.
        batch: the sequences, each of one episode.
    """
    assert states.pose is not None
    rows, length = batch.cost.shape
    here = torch.arange(length, device=batch.cost.device)
    share = torch.rand(rows, length, device=batch.cost.device)
    later = here + (share * (length - here)).long()
    touched = (batch.cost > 0).long()
    before = touched.cumsum(1) - touched  # contacts in 0 .. t - 1
    unchanged = before.gather(1, later) == before
    index = later.unsqueeze(-1).expand(-1, -1, states.pose.shape[-1])
    return Ahead(
        states.pose.gather(1, index),
        batch.reward.gather(1, later),
        batch.cost.gather(1, later),
        unchanged.float(),
    )


class Elsewhere(NamedTuple):
    """For each step of each row, a place where this or another episode was rewarded."""

    pose: Tensor
    """(B, T, P) in units of the pose range."""
    reward: Tensor
    """(B, T): 1 at the row's own goal, 0 at another's."""
    weight: Tensor
    """(B, T): 1 where the label is known: at the own goal, and at one that is far from it."""


def look_elsewhere(goal: Tensor, position: Tensor, length: int, apart: float) -> Elsewhere:
    """Pair each step's scene with its own goal or with another row's, half of the time each.

    Nobody demonstrates what is not rewarded at a place where a goal stood in another episode;
    that each episode has one goal says it.

    Args:
        goal: (B, P) pose at which the row's episode was rewarded, in units of the pose range;
            NaN where it never was.
        position: (B, 3) its position [m].
        length: T.
        apart: what is farther [m] from the own goal than this is not rewarded.
    """
    rows = len(goal)
    shape = (rows, length)
    other = torch.randint(rows, shape, device=goal.device)
    own = torch.rand(shape, device=goal.device) < 0.5
    here = torch.arange(rows, device=goal.device).unsqueeze(-1)
    chosen = torch.where(own, here, other)
    distance = (position[chosen] - position.unsqueeze(1)).norm(dim=-1)
    known = torch.where(own, torch.isfinite(distance), distance > apart)  # NaN compares false
    return Elsewhere(goal[chosen].nan_to_num(), own.float(), known.float())


def look_back(states: State, batch: TensorBatch) -> State:
    """The scene of a random earlier step of the row with the pose of each step.

    Not from before anything was touched. What is local to the pose is left out: (B, T, ...).

    Args:
        states: posterior (B, T, ...) with a direct pose.
        batch: the sequences, each of one episode.
    """
    rows, length = batch.cost.shape
    here = torch.arange(length, device=batch.cost.device)
    earlier = (torch.rand(rows, length, device=batch.cost.device) * (here + 1)).long()
    touched = (batch.cost > 0).long()
    before = touched.cumsum(1) - touched
    unchanged = before.gather(1, earlier) == before
    index = torch.where(unchanged, earlier, here)

    first = torch.arange(rows, device=index.device).unsqueeze(-1) * length
    whole = (first + index).flatten()  # a scene is large: row by row, not number by number

    def taken(x: Tensor) -> Tensor:
        return x.flatten(0, 1).index_select(0, whole).view(rows, length, -1)

    scene = None if states.scene is None else taken(states.scene)
    deter, stoch = taken(states.deter), taken(states.stoch)
    return State(deter, stoch, states.pose, scene, camera=states.camera)
