"""The world model's opinion, from the same weights as the policy's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.console.board import History
from fosp_agent.console.foresight import HORIZON, DoesNotFit, Foresight
from fosp_agent.training.weights import save_weights


@pytest.fixture
def foresight(tmp_path: Path, make_config) -> Foresight:
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config(), expanded=True), version=3)
    return Foresight(path)


def history(frames: int = 4, side: int = 64) -> History:
    rng = np.random.default_rng(0)
    return History(
        "e",
        frames - 1,
        rng.integers(0, 256, (frames, side, side, 3), dtype=np.uint8),
        rng.normal(size=(frames, 6)).astype(np.float32),
        rng.uniform(-1, 1, (frames - 1, 6)).astype(np.float32),
        "new",
    )


def test_it_shows_the_present_and_every_imagined_step(foresight: Foresight):
    vision = foresight.look_ahead(history())
    assert vision.frames.shape == (HORIZON + 1, 64, 64, 3)
    assert vision.frames.dtype == np.uint8
    assert len(vision.reward) == len(vision.cost) == HORIZON + 1
    assert all(0.0 <= cost <= 1.0 for cost in vision.cost)
    assert (vision.version, vision.policy, vision.step) == (3, "new", 3)


def test_imagined_places_begin_where_the_arm_is_and_go_no_faster_than_it_may(foresight: Foresight):
    past = history()
    vision = foresight.look_ahead(past)
    assert vision.places.shape == (HORIZON + 1, 3)
    np.testing.assert_allclose(vision.places[0], past.poses[-1][:3], atol=1e-6)
    assert np.abs(np.diff(vision.places, axis=0)).max() <= 0.01 + 1e-9


def test_the_same_observations_give_the_same_vision(foresight: Foresight):
    one, two = (foresight.look_ahead(history()) for _ in range(2))
    np.testing.assert_array_equal(one.frames, two.frames)


def test_a_lone_observation_is_enough(foresight: Foresight):
    assert len(foresight.look_ahead(history(1)).frames) == HORIZON + 1


def test_every_step_of_an_episode_is_judged(foresight: Foresight, make_episode):
    episode = make_episode("e")
    reward, cost = foresight.judge(episode)
    assert len(reward) == len(cost) == len(episode)
    assert all(0.0 <= one <= 1.0 for one in cost)


def test_images_of_another_size_are_an_error_that_names_both(foresight: Foresight):
    with pytest.raises(DoesNotFit, match=r"\(32, 32, 3\).*\(64, 64, 3\)"):
        foresight.look_ahead(history(side=32))
