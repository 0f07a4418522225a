"""From recorded pictures of a printed marker to the setting ``robot.camera``."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from fosp_agent.calibration.marker import View, find, pose_at
from fosp_agent.calibration.projection import fit
from fosp_agent.calibration.views import observed_pixels
from fosp_agent.cli.main import app
from fosp_agent.config import load_preset
from fosp_agent.control.picture import to_jpeg
from fosp_agent.control.projection import project
from fosp_agent.control.rotations import matrix_from_quaternion, quaternion_from_rpy
from fosp_agent.episodes.streams import PictureRecord, PoseRecord
from fosp_agent.episodes.writer import EpisodeWriter
from fosp_agent.overrides import parse_overrides

WIDTH, HEIGHT, MARKER = 320, 240, 7
OFFSET = np.array([0.0, 0.01, 0.05])
SQUARE = 0.03 * np.array([[-1, 1, 0], [1, 1, 0], [1, -1, 0], [-1, -1, 0]])
FRAME_NS, POSE_NS = 100_000_000, 10_000_000


def camera() -> np.ndarray:
    """(3, 4) looking down on the workspace at a slant, in pixels of the full picture."""
    eye, target = np.array([1.1, 0.05, 0.6]), np.array([0.55, 0.0, 0.05])
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, [0, 0, 1]) / np.linalg.norm(np.cross(forward, [0, 0, 1]))
    rotation = np.stack([right, np.cross(forward, right), forward])
    intrinsic = np.array([[400, 0, WIDTH / 2], [0, 400, HEIGHT / 2], [0, 0, 1.0]])
    return intrinsic @ np.c_[rotation, -rotation @ eye]


def taken(position: np.ndarray, quaternion: np.ndarray) -> np.ndarray:
    """(H, W, 3) grey, with the marker that the tool holds at OFFSET."""
    corners = position + (OFFSET + SQUARE) @ matrix_from_quaternion(*quaternion).T
    pixels = project(camera(), corners).astype(np.float32)
    kinds = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    side = 120
    printed = np.pad(cv2.aruco.generateImageMarker(kinds, MARKER, side), 20, constant_values=255)
    ends = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32) + 20 - 0.5
    warp = cv2.getPerspectiveTransform(ends, pixels)
    image = np.full((HEIGHT, WIDTH), 128, np.uint8)
    border = cv2.BORDER_TRANSPARENT
    cv2.warpPerspective(printed, warp, (WIDTH, HEIGHT), image, cv2.INTER_AREA, border)
    return np.repeat(image[..., None], 3, axis=2)


def tool(time_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """A slow wander through the workspace, the tool turning a little."""
    t = time_ns / 1e9
    away = np.array([0.1 * np.sin(t), 0.09 * np.sin(1.7 * t), 0.05 * np.cos(2.3 * t)])
    turn = quaternion_from_rpy(0.2 * np.sin(t), 0.15 * np.cos(t), 0.3 * np.sin(2 * t))
    return np.array([0.52, 0, 0.08]) + away, np.array(turn)


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    writer = EpisodeWriter(tmp_path / "marker.mcap", {}, [0.01])
    for stamp in range(0, 6_000_000_000, POSE_NS):
        writer.stream(PoseRecord(stamp, np.r_[tool(stamp)]))
    for stamp in range(50_000_000, 5_900_000_000, FRAME_NS):
        writer.stream(PictureRecord(stamp, to_jpeg(taken(*tool(stamp)))))
    return writer.close()


def calibrate(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    assert result.exit_code == 0, (result.output, result.exception)
    return str(result.output)


def refused(*arguments: object) -> str:
    """The one line that says why, blanks as they come."""
    result = CliRunner().invoke(app, ["calibrate", *map(str, arguments)])
    assert result.exit_code == 2, (result.output, result.exception)
    return " ".join(result.output.split())


def test_the_camera_that_took_the_pictures_is_found(recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.txt"
    offset = ",".join(map(str, OFFSET))
    printed = calibrate(recorded, "--marker", MARKER, "--offset", offset, "--out", out)
    settings = parse_overrides(out.read_text().splitlines())
    matrix = np.array(load_preset("small", settings).robot.camera).reshape(3, 4)
    places = np.array([tool(t)[0] for t in range(0, 6_000_000_000, FRAME_NS)])
    expected = (project(camera(), places) + 0.5) * 64 / (WIDTH, HEIGHT) - 0.5
    far = np.linalg.norm(project(matrix, places) - expected, axis=1)
    assert far.max() < 0.2, far  # pixels of 64
    assert "warning" not in printed
    assert set(settings) == {"robot.camera", "training.mirror_aligned"}, "it may be mirrored"
    assert cv2.imread(str(out.with_suffix(".png"))).shape == (HEIGHT, WIDTH, 3)


def test_a_wrong_offset_of_the_marker_is_warned_of(recorded: Path, tmp_path: Path) -> None:
    printed = calibrate(
        recorded, "--marker", MARKER, "--offset", "0.3,0,-0.3", "--out", tmp_path / "c.txt"
    )
    assert "warning: this does not fit well" in printed


def test_another_marker_is_not_taken_for_ours(recorded: Path, tmp_path: Path) -> None:
    assert "0 usable views" in refused(recorded, "--marker", 8, "--out", tmp_path / "c.txt")


def test_an_earlier_calibration_is_not_overwritten(recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "camera.txt"
    out.write_text("mine")
    assert "--force" in refused(recorded, "--out", out)
    assert out.read_text() == "mine"


def test_an_episode_without_pictures_says_how_to_record_them(tmp_path: Path) -> None:
    path = EpisodeWriter(tmp_path / "blind.mcap", {}, [0.01]).close()
    assert "safereach launch record" in refused(path, "--out", tmp_path / "c.txt")


def test_no_pose_is_made_up_where_none_was_measured() -> None:
    stamps = np.array([0, 10_000_000, 500_000_000])
    poses = np.tile([0, 0, 0, 0, 0, 0, 1.0], (3, 1))
    poses[1, 0] = 1.0
    assert pose_at(200_000_000, stamps, poses) is None
    assert pose_at(600_000_000, stamps, poses) is None
    between = pose_at(2_500_000, stamps, poses)
    assert between is not None
    assert between[0] == pytest.approx(0.25)


def test_nothing_is_found_in_an_empty_picture() -> None:
    assert find(np.full((HEIGHT, WIDTH, 3), 90, np.uint8), MARKER) is None


def test_a_camera_beside_the_robot_switches_the_mirroring_of_training_off(tmp_path: Path) -> None:
    from fosp_agent.cli.calibrate import _write

    rng = np.random.default_rng(0)
    seen = rng.uniform([0.4, -0.1, 0.03], [0.65, 0.1, 0.12], (40, 3))
    beside = camera() @ np.array([[1, 0, 0, 0], [0, 1, 0, 0.26], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    grey = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    found = [View(grey, pixel, at) for pixel, at in zip(project(beside, seen), seen, strict=True)]
    _write(tmp_path / "camera.txt", found, fit(*observed_pixels(found, 64)), 64)
    settings = parse_overrides((tmp_path / "camera.txt").read_text().splitlines())
    training = load_preset("small", settings).training
    assert training.mirror_pose == training.mirror_action == ()
