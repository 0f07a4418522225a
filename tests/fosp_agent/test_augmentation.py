"""Mirrored sequences: image, pose and action stay in step, and in line with the camera."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from fosp_agent.augmentation import Mirror, mirror_view
from fosp_agent.config import AgentConfig, RobotConfig, load_preset
from fosp_agent.control.projection import project
from fosp_agent.settings import ConfigError
from fosp_agent.tensors import TensorBatch
from fosp_agent.training_config import TrainingConfig

SIGNS = (1.0, -1.0)


def config_of(**training: Any) -> AgentConfig:
    robot = RobotConfig(
        image_size=8,
        pose_size=len(training["mirror_pose"]) if "mirror_pose" in training else 2,
        action_size=2,
    )
    return AgentConfig(
        robot=robot,
        training=TrainingConfig(**{"mirror_pose": SIGNS, "mirror_action": SIGNS, **training}),
    )


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
    out = Mirror(config_of())(batch)
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
    out = Mirror(config_of())(batch)
    assert batch.goal is not None and out.goal is not None
    flipped = out.pose[:, 0, 1] < 0
    assert torch.equal(out.goal[:, 1] < 0, flipped)
    assert torch.equal(out.goal.abs(), batch.goal)


def test_without_signs_the_batch_itself_comes_back():
    batch = batch_of(2)
    assert Mirror(config_of(mirror_action=()))(batch) is batch


def test_a_robot_without_a_pose_is_mirrored_too():
    batch = replace(batch_of(), pose=torch.zeros(64, 4, 0))
    out = Mirror(config_of(mirror_pose=()))(batch)
    flipped = (out.action[..., 1] < 0).all(1)
    assert 10 < int(flipped.sum()) < 54
    assert torch.equal(out.image[flipped], batch.image[flipped].flip(-1))


def test_signs_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="mirror_pose has 0 signs for 6 components"):
        Mirror(AgentConfig(training=TrainingConfig(mirror_action=(1.0,) * 6)))


def aligned(**robot: Any) -> AgentConfig:
    """The preset's simulated camera, which stands beside the plane of symmetry and looks askew."""
    overrides = {f"robot.{name}": value for name, value in robot.items()}
    return load_preset("small", {"training.mirror_aligned": True, **overrides})


def places_of(config: AgentConfig, count: int = 40) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Positions where the robot works (N, 3)."""
    low, high = (np.array(bound[:3]) for bound in config.robot.pose_box())
    return np.random.default_rng(0).uniform(low, high, (count, 3))


def matrix(camera: torch.Tensor) -> np.ndarray[Any, np.dtype[np.float64]]:
    return camera.double().view(3, 4).numpy()


def test_what_stands_at_a_place_is_seen_where_the_mirrored_projection_has_its_reflection():
    config = aligned()
    view = mirror_view(config.robot, config.training.mirror_pose)
    for place in places_of(config, 20):
        image = torch.zeros(1, 1, 1, 64, 64)
        column, row = np.rint(project(matrix(view.camera), place[None])[0]).astype(int)
        image[..., row, column] = 1.0
        seen = view.turned(image.flip(-1))[0, 0, 0]
        row, column = np.unravel_index(int(seen.argmax()), seen.shape)
        expected = project(matrix(view.mirrored), place[None] * [1, -1, 1])[0]
        assert np.abs(expected - [column, row]).max() <= 1.2  # rounded twice


def test_a_mirrored_image_is_in_line_with_the_camera():
    config = aligned()
    view = mirror_view(config.robot, config.training.mirror_pose)
    places = places_of(config)
    wanted = project(matrix(view.camera), places)
    flipped = project(matrix(view.camera), places * [1, -1, 1])
    flipped[:, 0] = 63 - flipped[:, 0]
    turned = project(matrix(view.mirrored), places)

    def error(pixels: np.ndarray[Any, np.dtype[np.float64]]) -> float:
        return float(np.linalg.norm(pixels - wanted, axis=1).mean())

    assert error(flipped) > 3.5
    assert error(turned) < 1.3


def test_where_the_camera_stands_in_the_plane_the_image_is_flipped_and_no_more():
    config = aligned(camera=[0, 100, 0, 31.5, 100, 0, -50, 0, 0, 0, 0, 1.0])
    view = mirror_view(config.robot, config.training.mirror_pose)
    torch.testing.assert_close(view.mirrored, view.camera, atol=1e-3, rtol=0)
    image = torch.rand(1, 2, 3, 64, 64)
    torch.testing.assert_close(view.turned(image), image, atol=1e-3, rtol=0)


def test_each_row_says_by_which_projection_it_was_seen():
    config = aligned()
    robot, rows = config.robot, 32
    batch = replace(
        batch_of(rows),
        image=torch.rand(rows, 1, 3, 64, 64),
        pose=torch.rand(rows, 1, 6) + 1,
        action=torch.rand(rows, 1, 6),
    )
    out = Mirror(config)(batch)
    view = mirror_view(robot, config.training.mirror_pose)
    flipped = out.pose[:, 0, 1] < 0
    assert out.camera is not None
    assert torch.equal(out.camera[flipped], view.mirrored.expand(int(flipped.sum()), -1))
    assert torch.equal(out.camera[~flipped], view.camera.expand(int((~flipped).sum()), -1))
    torch.testing.assert_close(out.image[flipped], view.turned(batch.image[flipped].flip(-1)))
    assert torch.equal(out.image[~flipped], batch.image[~flipped])


def test_an_unknown_camera_cannot_be_aligned_with():
    with pytest.raises(ConfigError, match=r"mirror_aligned needs robot.camera.*switch it off"):
        Mirror(aligned(camera=[]))
