"""Overlay and comparison."""

from __future__ import annotations

import numpy as np

from fakes.episode_story import AHEAD, SCALE, START, observation, told, vision
from fosp_agent.config import load_preset
from fosp_agent.monitor.palette import ACTORS, VETO, in_bytes
from fosp_agent.monitor.pictures import SIDE, TILE, blank, comparison, overlay
from fosp_agent.monitor.projection import Projection
from fosp_agent.monitor.scene import Scene

FRAME = np.full((64, 64, 3), 90, np.uint8)


def projection() -> Projection:
    return Projection(np.array(load_preset("small").robot.camera).reshape(3, 4))


def shows(picture: np.ndarray, color: tuple[float, float, float]) -> np.ndarray:
    """Where a colour is, about: (N, 2) x, y."""
    close = np.abs(picture.astype(int) - in_bytes(color)).max(axis=-1) < 40
    return np.argwhere(close)[:, ::-1]


def test_a_small_frame_is_enlarged_and_a_large_one_keeps_its_size():
    assert min(overlay(FRAME, told(), None).shape[:2]) >= SIDE
    large = np.zeros((480, 640, 3), np.uint8)
    assert overlay(large, told(), None).shape == large.shape


def test_the_arrow_that_acts_is_drawn_where_the_camera_sees_the_tool():
    scene = told(2)
    picture = overlay(FRAME, scene, projection())
    size = picture.shape[1]
    at = projection().pixels((START + AHEAD)[None], size, size)[0]
    found = shows(picture, ACTORS["new"])
    found = found[found[:, 1] > 120]  # below the words
    assert len(found) > 20
    assert np.linalg.norm(found - at, axis=1).min() < 15


def test_without_a_calibration_only_words_are_drawn():
    below = overlay(FRAME, told(2), None)[150:-10]
    assert np.ptp(below.reshape(-1, 3), axis=0).max() == 0


def test_a_veto_frames_the_picture_in_red():
    border = overlay(FRAME, told(3, veto=2), projection())[0]
    assert (border == in_bytes(VETO)).all()
    assert not (overlay(FRAME, told(3), projection())[0] == in_bytes(VETO)).all()


def test_what_lies_behind_the_camera_is_not_drawn():
    matrix = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0]], float)
    assert np.isnan(Projection(matrix).pixels(np.array([[0.0, 0.0, 1.0]]), 64, 64)).all()
    overlay(FRAME, told(), Projection(matrix))


def test_a_larger_picture_shows_the_same_place_at_the_same_share_of_it():
    place = START[None]
    small, large = (projection().pixels(place, n, n)[0] + 0.5 for n in (64, 640))
    np.testing.assert_allclose(large / 640, small / 64)


def test_both_cameras_of_a_stacked_image_stand_side_by_side():
    two = np.zeros((64, 64, 6), np.uint8)
    shape = overlay(two, told(), projection()).shape
    assert shape[1] == 2 * shape[0]


def test_reality_stands_beside_the_reconstruction_and_the_imagined_steps():
    seen = np.full((64, 64, 3), 10, np.uint8)
    picture = comparison(seen, vision(3))
    tiles = [picture[TILE // 2, TILE // 2 + TILE * i, 0] for i in range(picture.shape[1] // TILE)]
    assert tiles[0] == 10
    assert set(tiles[1:]) == {120}
    assert len(tiles) == 2 + 3  # of six states 1, 3 and 5 are shown


def test_why_nothing_is_seen_is_written_into_the_picture():
    assert np.ptp(blank("no weights file on this machine")) > 100


def test_a_scene_without_a_pose_can_be_drawn_over():
    scene = Scene((1.0, 1.0))
    scene.see(observation(0, pose=False))
    overlay(FRAME, scene, projection())
    assert scene.scale.tolist() != list(SCALE)
