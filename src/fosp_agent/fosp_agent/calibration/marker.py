"""A printed ArUco marker in a picture, and where the tool held it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fosp_agent.calibration.projection import CalibrationError, FloatArray
from fosp_agent.control.rotations import matrix_from_quaternion
from fosp_agent.episodes import schema
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.streams import decode_picture, decode_pose
from fosp_agent.types import ByteArray

DICTIONARY = "DICT_4X4_50"
"""OpenCV's name of the smallest usual set of markers."""
LONGEST_GAP = 100_000_000
"""[ns] between two measured poses around a picture."""


@dataclass(frozen=True)
class View:
    """One picture with the marker in it."""

    picture: ByteArray
    """(H, W, 3) RGB"""
    pixel: FloatArray
    """(2,) the marker's centre; (0, 0) is the centre of the upper left pixel."""
    place: FloatArray
    """(3,) the same point in the robot's frame [m]."""


def find(picture: ByteArray, number: int) -> FloatArray | None:
    """Centre (2,) of the marker with this number in an image (H, W, 3); None: not seen."""
    import cv2

    kinds = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, DICTIONARY))
    parameters = cv2.aruco.DetectorParameters()
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    corners, numbers, _ = cv2.aruco.ArucoDetector(kinds, parameters).detectMarkers(picture)
    for square, found in zip(corners, () if numbers is None else numbers.ravel(), strict=True):
        if int(found) == number:
            return crossing(np.asarray(square[0], np.float64))
    return None


def crossing(square: FloatArray) -> FloatArray:
    """Where the diagonals of a quadrangle (4, 2) meet: the centre, in perspective too."""
    first, second = square[2] - square[0], square[3] - square[1]
    steps = np.linalg.solve(np.c_[first, -second], square[1] - square[0])
    centre: FloatArray = square[0] + steps[0] * first
    return centre


def views(path: Path, number: int, offset: FloatArray) -> Iterator[View]:
    """Every picture of a recorded episode that shows the marker between two measured poses.

    Args:
        path: the episode's file.
        number: of the marker.
        offset: (3,) its centre in the tool's frame [m].

    Raises:
        EpisodeError: the file cannot be read.
        CalibrationError: it holds no camera pictures or no measured poses.
    """
    from fosp_agent.control.picture import from_jpeg

    streams = read_recording(path, streams=True).streams
    pictures = [(s.stamp_ns, s.data) for s in streams if s.topic == schema.PICTURES]
    poses = [(s.stamp_ns, decode_pose(s.data)) for s in streams if s.topic == schema.POSES]
    if not pictures or not poses:
        raise CalibrationError(
            f"{path} holds {len(pictures)} camera pictures and {len(poses)} measured poses; "
            "record it with `./safereach launch record`, which writes both"
        )
    stamps = np.array([stamp for stamp, _ in poses])
    measured = np.array([pose for _, pose in poses])
    for stamp, data in pictures:
        pose = pose_at(stamp, stamps, measured)
        if pose is None:
            continue
        picture = from_jpeg(decode_picture(data))
        pixel = find(picture, number)
        if pixel is not None:
            yield View(picture, pixel, pose[:3] + matrix_from_quaternion(*pose[3:]) @ offset)


def pose_at(
    stamp: int, stamps: np.ndarray[tuple[int], np.dtype[np.int64]], poses: FloatArray
) -> FloatArray | None:
    """Pose (7,) between the two measured before and after; None where they are far apart."""
    after = int(np.searchsorted(stamps, stamp))
    if after == 0 or after == len(stamps) or stamps[after] - stamps[after - 1] > LONGEST_GAP:
        return None
    share = (stamp - stamps[after - 1]) / max(1, stamps[after] - stamps[after - 1])
    one, other = poses[after - 1], poses[after]
    if one[3:] @ other[3:] < 0:  # the same rotation has two quaternions
        other = np.r_[other[:3], -other[3:]]
    between: FloatArray = (1 - share) * one + share * other
    between[3:] /= np.linalg.norm(between[3:])
    return between
