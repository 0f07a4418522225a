"""The world model as a whole."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fosp_agent.settings import ConfigError
from fosp_agent.tensors import to_tensors
from fosp_agent.world_model.world_model import WorldModel


@pytest.mark.parametrize("cost_head", ["bernoulli", "twohot"])
def test_every_loss_is_finite_and_has_one_number_a_step(make_config, make_batch, cost_head: str):
    model = WorldModel(make_config({"world_model.cost_head": cost_head}))
    losses = model.filter(to_tensors(make_batch())).losses
    assert losses.keys() == model.scales.keys()
    for name, loss in losses.items():
        assert loss.shape == (3, 5), name
        assert torch.isfinite(loss).all(), name


def test_losses_without_a_scale_are_refused(make_config):
    model = WorldModel(make_config())
    with pytest.raises(KeyError, match="do not match"):
        model.total({"image": torch.zeros(1, 1)})


def test_the_total_scales_and_averages(make_config):
    model = WorldModel(make_config())
    ones = {name: torch.ones(2, 3) for name in model.scales}
    assert float(model.total(ones)) == pytest.approx(0.5 + 0.1 + 5.0)


def test_image_error_is_squared_and_summed_over_pixels(make_config, make_batch):
    model = WorldModel(make_config())
    data = to_tensors(make_batch())
    features = torch.randn(3, 5, model.rssm.feature_size)
    pose = model.encoder.normalize_pose(data.pose)
    losses = model.decoder.losses(features, data.image, pose)
    error = (model.decoder.reconstruct(features) - data.image).square()
    torch.testing.assert_close(losses["image"], error.sum((2, 3, 4)))
    assert data.image.shape == error.shape == (3, 5, 3, 64, 64)


def test_a_share_of_the_frames_is_decoded_while_training_and_all_while_measuring(
    make_config, make_batch
):
    model = WorldModel(make_config({"training.decoded_share": 0.4}))
    data = to_tensors(make_batch())
    assert model.filter(data).losses["image"].shape == (3, 2)
    assert model.filter(data).losses["pose"].shape == (3, 5)
    assert model.eval().filter(data).losses["image"].shape == (3, 5)


def test_decoded_frames_are_compared_with_their_own_images(make_config, make_batch):
    model = WorldModel(make_config())
    data = to_tensors(make_batch())
    features = torch.randn(3, 5, model.rssm.feature_size)
    pose = model.encoder.normalize_pose(data.pose)
    whole = model.decoder.losses(features, data.image, pose)["image"]
    part = model.decoder.losses(features, data.image, pose, 0.6)["image"]
    assert part.shape == (3, 3)
    gaps = (part.unsqueeze(-1) - whole.unsqueeze(1)).abs() / whole.unsqueeze(1)
    assert gaps.min(-1).values.max() < 1e-5


def test_each_row_is_filtered_for_itself(make_config, make_batch):
    model = WorldModel(make_config())
    batch = make_batch()
    before = model.filter(to_tensors(batch)).states.deter
    image = batch.image.copy()
    image[0] = 255 - image[0]
    torch.manual_seed(0)
    one = model.filter(to_tensors(batch)).states.deter
    torch.manual_seed(0)
    other = model.filter(to_tensors(make_batch(image=image))).states.deter
    torch.testing.assert_close(one[1:], other[1:])
    assert not torch.allclose(one[0], other[0])
    assert before.shape == one.shape


def test_a_robot_without_a_pose_is_seen_by_its_cameras_alone(make_config, make_batch):
    robot = {"robot.pose_size": 0, "robot.image_channels": 6, "robot.action_size": 2}
    robot["robot.action_scale"] = (1.0, 1.0)
    model = WorldModel(make_config(robot))
    batch = make_batch(
        image=np.zeros((3, 5, 64, 64, 6), np.uint8),
        pose=np.zeros((3, 5, 0), np.float32),
        action=np.zeros((3, 5, 2), np.float32),
    )
    losses = model.filter(to_tensors(batch)).losses
    assert "pose" not in losses
    assert torch.isfinite(model.total(losses))


def test_a_pose_scale_of_another_size_is_refused(make_config):
    with pytest.raises(ConfigError, match="pose"):
        WorldModel(make_config({"robot.pose_size": 3}))
