"""Mirrored sequences: image, pose and action stay in step."""

from dataclasses import replace

import pytest
import torch

from fosp_agent.augmentation import mirrored
from fosp_agent.settings import ConfigError
from fosp_agent.tensors import TensorBatch
from fosp_agent.training_config import TrainingConfig

SIGNS = (1.0, -1.0)
CONFIG = TrainingConfig(mirror_pose=SIGNS, mirror_action=SIGNS)


def batch_of(rows: int = 64) -> TensorBatch:
    """Images, poses and actions whose left-right coordinate is the row's number or its negative."""
    torch.manual_seed(0)
    flags = torch.zeros(rows, 4)
    return TensorBatch(
        image=torch.rand(rows, 4, 3, 8, 8),
        pose=torch.rand(rows, 4, 2) + 1,
        action=torch.rand(rows, 4, 2) + 1,
        reward=flags,
        cost=flags,
        is_first=flags.bool(),
        is_terminal=flags.bool(),
    )


def test_a_row_is_mirrored_in_all_of_image_pose_and_action_or_in_none():
    batch = batch_of()
    out = mirrored(batch, CONFIG)
    flipped = (out.pose[..., 1] < 0).all(1)
    assert 10 < int(flipped.sum()) < 54
    signs = torch.tensor(SIGNS)
    for row in range(len(flipped)):
        image, pose, action = batch.image[row], batch.pose[row], batch.action[row]
        if flipped[row]:
            image, pose, action = image.flip(-1), pose * signs, action * signs
        assert torch.equal(out.image[row], image)
        assert torch.equal(out.pose[row], pose)
        assert torch.equal(out.action[row], action)


def test_the_goal_is_mirrored_with_its_row():
    batch = replace(batch_of(), goal=torch.rand(64, 2) + 1)
    out = mirrored(batch, CONFIG)
    assert batch.goal is not None and out.goal is not None
    flipped = out.pose[:, 0, 1] < 0
    assert torch.equal(out.goal[:, 1] < 0, flipped)
    assert torch.equal(out.goal.abs(), batch.goal)


def test_without_signs_the_batch_itself_comes_back():
    batch = batch_of(2)
    assert mirrored(batch, replace(CONFIG, mirror_action=())) is batch


def test_a_robot_without_a_pose_is_mirrored_too():
    batch = replace(batch_of(), pose=torch.zeros(64, 4, 0))
    out = mirrored(batch, replace(CONFIG, mirror_pose=()))
    flipped = (out.action[..., 1] < 0).all(1)
    assert 10 < int(flipped.sum()) < 54
    assert torch.equal(out.image[flipped], batch.image[flipped].flip(-1))


def test_signs_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="mirror_pose has 0 signs for 2 components"):
        mirrored(batch_of(2), replace(CONFIG, mirror_pose=()))
