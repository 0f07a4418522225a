"""The fitted projection is the camera that took the pictures, or an error says what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.calibration.projection import CalibrationError, fit, mirrors
from fosp_agent.config import load_preset
from fosp_agent.control.projection import project

CAMERA = np.array(load_preset("small").robot.camera).reshape(3, 4)


def places(count: int = 40, height: float = 0.1) -> np.ndarray:
    rng = np.random.default_rng(0)
    low, high = np.array([0.37, -0.12, 0.02]), np.array([0.68, 0.12, 0.02 + height])
    return rng.uniform(low, high, (count, 3))


def test_the_true_camera_is_found_again_in_metres_and_pixels():
    found = fit(places(), project(CAMERA, places()))
    np.testing.assert_allclose(found.matrix, CAMERA / np.linalg.norm(CAMERA[2, :3]), rtol=1e-5)
    assert found.rms < 1e-6
    assert found.used.all()


def test_noise_of_a_pixel_moves_the_projection_by_less_than_a_pixel():
    rng = np.random.default_rng(1)
    seen = project(CAMERA, places(200)) + rng.normal(0, 0.5, (200, 2))
    others = places(500)
    far = np.linalg.norm(fit(places(200), seen)(others) - project(CAMERA, others), axis=1)
    assert far.max() < 1.0


def test_a_few_wrong_finds_are_left_out():
    seen = project(CAMERA, places(60))
    seen[[3, 30]] += (20.0, -15.0)
    found = fit(places(60), seen)
    assert np.flatnonzero(~found.used).tolist() == [3, 30]
    assert found.rms < 0.01


def test_every_place_in_front_of_the_camera_has_positive_depth():
    """As the network divides by it."""
    matrix = fit(places(), project(CAMERA, places())).matrix
    assert (np.c_[places(), np.ones(40)] @ matrix[2] > 0).all()


def test_places_in_one_plane_are_refused_with_the_remedy():
    with pytest.raises(CalibrationError, match="move up and down"):
        fit(places(height=0.001), project(CAMERA, places(height=0.001)))


def test_too_few_views_are_refused_with_the_number_needed():
    with pytest.raises(CalibrationError, match="5 usable views.*at least 12"):
        fit(places(5), project(CAMERA, places(5)))


@pytest.mark.parametrize(("y", "can"), [(0.0, True), (0.1, True), (-0.1, True), (0.2, False)])
def test_a_mirrored_picture_shows_the_mirrored_scene_from_near_the_plane_of_symmetry(
    y: float, can: bool
):
    """However the camera is turned: this one, looking askew, stands at y = 0.06 m."""
    moved = CAMERA @ np.array([[1, 0, 0, 0], [0, 1, 0, 0.06 - y], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    assert mirrors(moved, places(), 64) is can
