"""The small preset knows where the simulator's camera sees the gripper."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
import torch

from fosp_agent.config import load_preset
from fosp_agent.world_model.scene_map import SceneMap
from fosp_sim_bridge.safereach.env import make


def finger(image: np.ndarray) -> tuple[float, float]:
    """Mean column and lowest row of the blue finger [pixel]."""
    red, green, blue = (image[..., i].astype(float) for i in range(3))
    rows, columns = np.nonzero((blue > 1.5 * red + 20) & (blue > 1.5 * green + 20))
    low = rows >= rows.max() - 1
    return float(columns[low].mean()), float(rows.max())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_projected_tool_point_lies_on_the_finger_s_tip(seed: int):
    config = load_preset("small")
    scene_map = SceneMap(config.robot, config.world_model)
    environment = make("original")
    rng = np.random.default_rng(seed)
    try:
        observation, _ = environment.reset(seed=seed)
        for _ in range(20):
            action = rng.uniform(-1, 1, 6) * [1, 1, 1, 0.1, 0.1, 0.1]
            observation, *_ = environment.step(action + np.array([0.3, 0, 0, 0, 0, 0]))
            pose = torch.tensor(observation["pose"])
            center, scale = config.robot.pose_center, config.robot.pose_scale
            place = scene_map.project((pose - torch.tensor(center)) / torch.tensor(scale))
            column, row = finger(cast(np.ndarray, observation["image"]))
            assert abs(float(place[0]) - column) < 2.0
            assert abs(float(place[1]) - row) < 3.0
    finally:
        environment.close()
