"""Robots with one or two cameras, with or without a pose, with 0/1 or summed costs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fosp_agent.agents.fosp import Fosp
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.training.weights import save_weights

ROBOTS: dict[str, dict[str, Any]] = {
    "two cameras": {"robot.image_channels": 6},
    "no pose": {"robot.pose_size": 0},
    "safety-gymnasium": {
        "robot.image_channels": 6,
        "robot.pose_size": 0,
        "robot.action_size": 2,
        "robot.action_scale": [1.0, 1.0],
        "world_model.cost_head": "twohot",
    },
}


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_robot_trains_is_saved_and_acts(make_config, make_batch, tmp_path: Path, robot: str):
    config = make_config(ROBOTS[robot])
    size = config.robot
    rng = np.random.default_rng(0)
    batch = make_batch(
        image=rng.integers(0, 256, (3, 5, 64, 64, size.image_channels), dtype=np.uint8),
        pose=rng.normal(size=(3, 5, size.pose_size)).astype(np.float32),
        action=rng.uniform(-1, 1, (3, 5, size.action_size)).astype(np.float32),
        cost=rng.integers(0, 4, (3, 5)).astype(np.float32),
    )
    agent = Fosp(config)
    for _ in range(2):
        metrics = agent.train_step(batch)
    agent.expand()
    metrics |= agent.train_step(batch)
    assert all(math.isfinite(value) for value in metrics.values()), metrics
    assert ("loss/pose" in metrics) == bool(size.pose_size)
    path = tmp_path / "weights.safetensors"
    save_weights(path, agent.networks, version=1)
    runner = PolicyRunner.from_file(path, seed=0)
    runner.reset(1)
    actions = [runner.act(batch.image[0, t], batch.pose[0, t]).action for t in range(3)]
    assert all(a.shape == (size.action_size,) and np.abs(a).max() <= 1 for a in actions)


def test_every_channel_is_seen_and_reconstructed(make_config):
    model = Fosp(make_config({"robot.image_channels": 6})).networks.world_model
    pose = torch.zeros(1, 1, 6)
    black = torch.zeros(1, 1, 6, 64, 64)
    seen, _ = model.encoder(black, pose)
    for channel in range(6):
        lit = black.clone()
        lit[:, :, channel] = 0.5
        assert not torch.equal(model.encoder(lit, pose)[0], seen)
    features = torch.zeros(1, 1, model.rssm.feature_size)
    assert model.decoder.reconstruct(features).shape == black.shape


def test_summed_costs_above_one_are_learned_as_sums(make_config, make_batch):
    agent = Fosp(make_config({"world_model.cost_head": "twohot"}))
    targets: list[float] = []
    loss = agent.networks.world_model.cost.loss

    def spy(features: Any, cost: Any, *rest: Any) -> Any:
        targets.append(float(cost.max()))
        return loss(features, cost, *rest)

    agent.networks.world_model.cost.loss = spy  # type: ignore[method-assign]
    agent.train_step(make_batch(cost=np.full((3, 5), 4.0, np.float32)))
    assert targets == [4.0]
