"""Views of a marker as points to fit, and as a picture to look at."""

from __future__ import annotations

import numpy as np

from fosp_agent.calibration.marker import View
from fosp_agent.calibration.projection import CalibrationError, FloatArray, Projection
from fosp_agent.control.projection import stretched
from fosp_agent.types import ByteArray

GREEN, RED = (0, 200, 0), (255, 0, 0)


def vector(text: str) -> FloatArray:
    """``"x,y,z"`` -> (3,).

    Raises:
        CalibrationError: it is something else.
    """
    try:
        numbers = np.array([float(part) for part in text.split(",")])
    except ValueError:
        numbers = np.zeros(0)
    if numbers.shape != (3,) or not np.isfinite(numbers).all():
        raise CalibrationError(f"{text!r} is no offset; give three numbers [m], such as 0,0,0.04")
    return numbers


def observed_pixels(views: list[View], size: int) -> tuple[FloatArray, FloatArray]:
    """Places (N, 3) and their pixels (N, 2) in the image (size, size) that policies see."""
    places = np.array([view.place for view in views]).reshape(-1, 3)
    shapes = np.array([view.picture.shape[1::-1] for view in views]).reshape(-1, 2)
    pixels = np.array([view.pixel for view in views]).reshape(-1, 2)
    return places, stretched(pixels, size / shapes)


def drawn(views: list[View], projection: Projection, size: int) -> bytes:
    """PNG of the last view with all finds (green) and their projections (red)."""
    import cv2

    canvas: ByteArray = views[-1].picture.copy()
    shape = np.array(canvas.shape[1::-1])
    places, pixels = observed_pixels(views, size)
    for points, colour, radius in ((pixels, GREEN, 3), (projection(places), RED, 1)):
        for point in stretched(points[np.isfinite(points).all(axis=1)], shape / size):
            centre = (round(float(point[0])), round(float(point[1])))
            cv2.circle(canvas, centre, radius, colour, 1, cv2.LINE_AA)
    _, data = cv2.imencode(".png", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
    return bytes(data)
