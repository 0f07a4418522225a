"""Open-loop predictions as pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.training.open_loop_video import (
    OpenLoopVideo,
    choose_episodes,
    predict,
    write_video,
)


def constant(value: int, channels: int = 3) -> np.ndarray:
    return np.full((2, 7, 64, 64, channels), value, np.uint8)


def test_the_context_is_what_the_model_saw_and_the_rest_does_not_look(make_config, make_episode):
    """Changing a frame within the context changes what follows; one after it changes nothing."""
    networks = FospNetworks(make_config())

    def dream(changed: int | None) -> np.ndarray:
        episode = make_episode()
        if changed is not None:
            episode.image[changed] = 255 - episode.image[changed]
        return predict(networks, [episode], context=3, length=8).prediction[0]

    before = dream(None)
    assert before.shape == (8, 64, 64, 3)
    assert (dream(2) != before).any(axis=(1, 2, 3)).tolist()[:3] == [False, False, True]
    assert (dream(2)[3:] != before[3:]).any()
    assert (dream(3) == before).all()
    assert (dream(7) == before).all()


def test_the_dream_follows_the_recorded_actions(make_config, make_episode):
    networks = FospNetworks(make_config())

    def dream(changed: int | None) -> np.ndarray:
        episode = make_episode()
        if changed is not None:
            episode.action[changed] = -episode.action[changed]
        return predict(networks, [episode], context=3, length=8).prediction[0]

    different = (dream(4) != dream(None)).any(axis=(1, 2, 3)).tolist()
    assert different[:5] == [False] * 5  # the action is taken after frame 4
    assert different[5]


def test_filming_draws_no_luck_and_leaves_the_mode(make_config, make_episode):
    networks = FospNetworks(make_config({"world_model.memory": "observation"}))
    before = torch.get_rng_state()
    first, second = (predict(networks, [make_episode()]).prediction for _ in range(2))
    assert (first == second).all()
    assert torch.equal(before, torch.get_rng_state())
    assert networks.training


@pytest.mark.parametrize("channels", [3, 6])
def test_rows_are_truth_prediction_and_error_and_cameras_stand_side_by_side(channels: int):
    video = OpenLoopVideo(constant(100, channels), constant(140, channels), context=5)
    frames = video.frames()
    cameras = channels // 3
    assert frames.shape == (7, 3 * 64, 2 * 64 * cameras, 3)
    assert (frames[:, :64] == 100).all()
    assert (frames[:, 64 + 1 : 128 - 1, 1:63] == 140).all()
    assert (frames[:, 128:] == 128 + 20).all()
    edges = frames[:, 64, 0]
    assert (edges[:5] == edges[0]).all() and (edges[5:] == edges[6]).all()
    assert (edges[4] != edges[5]).any()


def test_the_error_keeps_its_sign_over_the_whole_range():
    assert (OpenLoopVideo(constant(255), constant(0), 5).error() == 0).all()
    assert (OpenLoopVideo(constant(0), constant(255), 5).error() == 255).all()


def test_an_animation_and_a_strip_are_written(tmp_path: Path):
    data = write_video(tmp_path, "step-000010", OpenLoopVideo(constant(1), constant(9), 5))
    assert (tmp_path / "step-000010.gif").read_bytes() == data
    with Image.open(io.BytesIO(data)) as animation:
        assert animation.n_frames > 1
    with Image.open(tmp_path / "step-000010.png") as strip:
        assert strip.size == (2 * 7 * 64, 2 * 6 * 64)


def test_violating_episodes_are_shown_first_and_all_have_one_length(make_episode):
    none, some = np.zeros(8, np.float32), np.ones(8, np.float32)
    episodes = [make_episode(f"a-{i}", cost=none, reward=some) for i in range(4)]
    episodes += [make_episode("b-1", cost=some, reward=none)]
    episodes += [make_episode("c-1", length=5)]
    assert [e.id for e in choose_episodes(episodes, 3)] == ["b-1", "a-0", "a-1"]
