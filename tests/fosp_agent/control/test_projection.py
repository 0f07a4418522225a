"""A camera sees a place at one pixel, and nothing that is behind it."""

from __future__ import annotations

import numpy as np

from fosp_agent.control.projection import project, stretched

# 100 pixels a radian, the middle of the picture at (32, 24), looking along z from the origin.
CAMERA = np.array([[100.0, 0, 32, 0], [0, 100, 24, 0], [0, 0, 1, 0]])


def test_a_place_straight_ahead_is_seen_in_the_middle_and_one_to_the_right_further_right() -> None:
    pixels = project(CAMERA, np.array([[0, 0, 2.0], [0.1, 0, 1], [0.1, 0, 2], [0, 0.1, 1]]))
    np.testing.assert_allclose(pixels, [[32, 24], [42, 24], [37, 24], [32, 34]])


def test_what_is_behind_the_camera_or_in_its_plane_has_no_pixel() -> None:
    pixels = project(CAMERA, np.array([[0, 0, -1.0], [0.1, 0, 0], [0, 0, 1]]))
    assert np.isnan(pixels[:2]).all()
    assert np.isfinite(pixels[2]).all()


def test_the_edges_of_a_picture_stay_its_edges_when_it_is_stretched() -> None:
    edges = np.array([[-0.5, -0.5], [63.5, 47.5]])
    np.testing.assert_allclose(stretched(edges, 10.0), [[-0.5, -0.5], [639.5, 479.5]])
    np.testing.assert_allclose(stretched(edges, np.array([2.0, 1.0]))[1], [127.5, 47.5])
