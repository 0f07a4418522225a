"""What the image shows where a pose is."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from fosp_agent.config import RobotConfig, load_preset
from fosp_agent.settings import ConfigError
from fosp_agent.tensors import to_tensors
from fosp_agent.world_model.scene_map import SceneMap
from fosp_agent.world_model.world_model import WorldModel

OVERHEAD = (100.0, 0.0, 0.0, 10.0, 0.0, 100.0, 0.0, 30.0, 0.0, 0.0, 0.0, 1.0)
"""u = 100 x + 10, v = 100 y + 30."""
ROBOT = RobotConfig(camera=OVERHEAD)
MODEL = replace(load_preset("tiny").world_model, direct_pose=True, imagination="kinematic")


@pytest.fixture
def scene_map() -> SceneMap:
    torch.manual_seed(0)
    return SceneMap(ROBOT, MODEL)


def pose_at(*place: float) -> torch.Tensor:
    """A pose (6,) in units of the pose range."""
    pose = torch.tensor([*place, 0.0, 0.0, 0.0])
    return (pose - torch.tensor(ROBOT.pose_center)) / torch.tensor(ROBOT.pose_scale)


def maps_of(scene_map: SceneMap, count: int) -> torch.Tensor:
    """Random maps, packed (count, F)."""
    return scene_map.pack([torch.randn(count, c, side, side) for c, side in scene_map.shapes])


def test_a_pose_is_projected_to_its_pixel(scene_map: SceneMap):
    torch.testing.assert_close(
        scene_map.project(pose_at(0.5, 0.02, 0.1)), torch.tensor([60.0, 32.0])
    )


def test_each_image_is_looked_at_by_its_own_projection(scene_map: SceneMap):
    """A camera 0.08 m further along x sees at x = 0.2 what the other sees at x = 0.28."""
    scene = maps_of(scene_map, 2)
    own = torch.tensor(OVERHEAD).repeat(2, 1)
    own[1, 3] += 8.0
    pose = pose_at(0.2, 0.0, 0.05).repeat(2, 1)
    looked = scene_map.around(scene, pose, own)
    torch.testing.assert_close(looked[0], scene_map.around(scene, pose)[0])
    further = pose_at(0.28, 0.0, 0.05).repeat(2, 1)
    torch.testing.assert_close(looked[1], scene_map.around(scene, further)[1])


SLANTED = (100.0, 0.0, 0.0, 10.0, 0.0, 100.0, -100.0, 30.0, 0.0, 0.0, 0.0, 1.0)
"""u = 100 x + 10, v = 100 (y - z) + 30: what is higher is seen elsewhere."""


def on_the_table(robot: RobotConfig, ring: float = 0.04) -> SceneMap:
    """Looks at the table, too, with the same weights for the same sizes."""
    torch.manual_seed(0)
    return SceneMap(robot, replace(MODEL, scene_ring=ring))


def test_the_table_is_seen_alike_from_any_height():
    """The looks around the pose move up the image with it, those at the table stay."""
    slanted = on_the_table(RobotConfig(camera=SLANTED))
    low, high = (slanted.looked_at(pose_at(0.2, 0.0, z), None) for z in (0.02, 0.1))
    around, table = slice(0, -9), slice(-9, None)
    torch.testing.assert_close(high[around, 1], low[around, 1] - 8.0)
    torch.testing.assert_close(high[table], low[table])
    torch.testing.assert_close(low[-9], torch.tensor([30.0, 30.0]))  # below the pose
    assert (low[-8:] - low[-9]).norm(dim=-1).tolist() == pytest.approx([4.0] * 8, rel=0.02)


def test_a_higher_table_is_seen_where_it_is():
    robot = RobotConfig(camera=SLANTED, table_height=0.05)
    seen = on_the_table(robot).looked_at(pose_at(0.2, 0.0, 0.1), None)
    torch.testing.assert_close(seen[-9], torch.tensor([30.0, 25.0]))


def test_the_table_is_seen_by_each_images_own_projection():
    scene_map = on_the_table(ROBOT)
    scene = maps_of(scene_map, 2)
    own = torch.tensor(OVERHEAD).repeat(2, 1)
    own[1, 3] += 8.0
    looked = scene_map.around(scene, pose_at(0.2, 0.0, 0.05).repeat(2, 1), own)
    further = pose_at(0.28, 0.0, 0.05).repeat(2, 1)
    torch.testing.assert_close(looked[1], scene_map.around(scene, further)[1])


def test_a_ring_that_is_no_distance_is_refused():
    with pytest.raises(ConfigError, match=r"scene_ring is -0\.04; give a distance"):
        on_the_table(ROBOT, -0.04)


def test_the_same_thing_elsewhere_looks_the_same(scene_map: SceneMap):
    shifted = [torch.randn(1, c, side, side) for c, side in scene_map.shapes]
    # 8 pixels of the image are 4 cells of the first map and 2 of the second.
    moved = [m.roll(m.shape[-1] // 8, -1) for m in shifted]
    here = scene_map.around(scene_map.pack(shifted), pose_at(0.2, 0.0, 0.05)[None])
    there = scene_map.around(scene_map.pack(moved), pose_at(0.28, 0.0, 0.05)[None])
    elsewhere = scene_map.around(scene_map.pack(shifted), pose_at(0.28, 0.0, 0.05)[None])
    torch.testing.assert_close(here, there, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(here, elsewhere, atol=1e-2)


def test_one_map_for_many_poses_gives_what_a_copy_for_each_gives(scene_map: SceneMap):
    scene = maps_of(scene_map, 1)
    poses = torch.randn(5, 6)
    shared = scene_map.around(scene.expand(5, -1), poses)
    copied = scene_map.around(scene.repeat(5, 1), poses)
    torch.testing.assert_close(shared, copied)


@pytest.mark.parametrize("shared", [False, True])
def test_a_look_is_bilinear_as_grid_sample_has_it_with_the_same_gradients(
    scene_map: SceneMap, shared: bool
):
    maps = [
        torch.randn(1 if shared else 5, c, side, side, requires_grad=True)
        for c, side in scene_map.shapes
    ]
    points = (1.4 * torch.rand(5, 9, 2) - 0.2).requires_grad_()  # some beyond the border
    expected = []
    for one in maps:
        samples = F.grid_sample(
            one.expand(5, -1, -1, -1),
            (2 * points - 1).unsqueeze(1),
            padding_mode="border",
            align_corners=False,
        )
        expected.append(samples[:, :, 0].transpose(1, 2).flatten(1))
    looked, known = scene_map._look(scene_map.pack(maps), points), torch.cat(expected, -1)
    torch.testing.assert_close(looked, known, atol=1e-5, rtol=1e-4)
    upstream = torch.randn_like(known)
    for got, wanted in zip(
        torch.autograd.grad(looked, [*maps, points], upstream),
        torch.autograd.grad(known, [*maps, points], upstream),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted, atol=1e-3, rtol=1e-3)


def test_the_view_follows_the_pose_with_a_gradient(scene_map: SceneMap):
    pose = pose_at(0.3, 0.01, 0.05)[None].requires_grad_()
    scene_map.around(maps_of(scene_map, 1), pose).sum().backward()
    assert pose.grad is not None
    assert float(pose.grad[0, :2].abs().sum()) > 0


def test_cost_depends_on_the_place_alone_and_reward_on_the_rest():
    config = load_preset(
        "tiny",
        {
            "robot.camera": list(OVERHEAD),
            "world_model.direct_pose": True,
            "world_model.imagination": "kinematic",
        },
    )
    model = WorldModel(config).eval()
    torch.nn.init.normal_(model.reward.mlp.output.weight)
    features = torch.randn(4, model.rssm.feature_size)
    other = features.clone()
    other[:, : model.rssm.latent_size] += 1
    assert torch.equal(model.cost.probability(features), model.cost.probability(other))
    assert not torch.equal(model.reward(features), model.reward(other))
    other = features.clone()
    other[:, -model.rssm.local_size :] += 1
    assert not torch.equal(model.cost.probability(features), model.cost.probability(other))
    assert torch.equal(model.reward(features), model.reward(other))


def test_a_model_looks_at_each_row_of_a_batch_by_its_projection(make_config, make_batch):
    """Everything that is imagined from there, too, and wherever it is placed."""
    config = make_config(
        {"robot.camera": list(OVERHEAD), "world_model.direct_pose": True}
        | {"world_model.imagination": "kinematic"}
    )
    model = WorldModel(config).eval()
    data = to_tensors(make_batch(2, 4))
    shifted = torch.tensor(OVERHEAD).repeat(2, 1)
    shifted[1, 3] += 8.0
    with torch.no_grad():
        plain = model.filter(data).states
        own = model.filter(replace(data, camera=shifted)).states
        assert plain.local is not None and own.local is not None
        torch.testing.assert_close(own.local[0], plain.local[0])
        assert not torch.allclose(own.local[1], plain.local[1], atol=1e-3)
        start, action = own.flatten(), torch.zeros(8, 6)
        ahead = model.rssm.imagine_step(start, action)
        assert start.local is not None and ahead.local is not None
        torch.testing.assert_close(ahead.local, start.local)


@pytest.mark.parametrize("camera", [OVERHEAD[:-1], (1.0,)])
def test_a_matrix_of_another_size_is_refused_by_name(camera: tuple[float, ...]):
    with pytest.raises(ConfigError, match=r"robot\.camera has \d+ numbers"):
        SceneMap(replace(ROBOT, camera=camera), MODEL)


def test_a_camera_without_a_direct_pose_is_refused():
    with pytest.raises(ConfigError, match="direct_pose"):
        SceneMap(ROBOT, replace(MODEL, direct_pose=False))
