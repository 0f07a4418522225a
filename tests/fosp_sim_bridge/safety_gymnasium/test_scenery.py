"""The scenes whose textures the library lacks, and the transfer tasks: they start, show, step."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from fosp_sim_bridge.safety_gymnasium import library
from fosp_sim_bridge.safety_gymnasium.adapter import make
from fosp_sim_bridge.safety_gymnasium.scenery import assets_with_textures
from fosp_sim_bridge.safety_gymnasium.textures import PAINTERS, SIDE, paint


def test_every_texture_that_the_library_names_is_there() -> None:
    base = Path(library.load().__file__ or "").parent
    folder = assets_with_textures(base)
    named = yaml.safe_load((folder / "configs" / "assets.yaml").read_text())["textures"]
    files = [v for entry in named.values() for k, v in entry.items() if k.startswith("@file")]
    assert len(files) == len(PAINTERS) + 6
    lacking = [name for name in files if not (base / "assets" / "textures" / name).exists()]
    assert sorted(lacking) == sorted(f"{name}.PNG" for name in PAINTERS)
    for name in files:
        picture = cv2.imread(str(folder / "assets" / "textures" / name))
        assert picture is not None, name
    assert (folder / "assets" / "xmls" / "point.xml").is_file()


@pytest.mark.parametrize("name", PAINTERS)
def test_a_texture_is_no_plain_colour_and_always_the_same(name: str) -> None:
    picture = paint(name)
    assert picture.shape == (SIDE, SIDE, 3)
    assert picture.std() > 5.0
    assert np.array_equal(picture, paint(name))


@pytest.mark.parametrize(
    ("task", "steps"),
    [("PointRace2", 125), ("PointBuildingGoal1", 250), ("PointFadingEasy1", 250)],
)
def test_a_scene_starts_and_shows_itself_in_both_cameras(task: str, steps: int) -> None:
    env = make(task)
    first = env.reset(seed=3)[0]["image"]
    image, *_ = env.step(np.array([0.5, 0.3]))
    for camera in (first[..., :3], first[..., 3:], image["image"][..., :3]):
        assert camera[32:].std() > 10.0  # the ground and what stands on it, not a blank
    assert env.max_steps == steps
    env.close()


def test_the_building_scene_is_goal_1_in_another_look() -> None:
    runs = []
    for task in ("PointGoal1", "PointBuildingGoal1"):
        env = make(task)
        image = env.reset(seed=3)[0]["image"]
        runs.append((image, [env.step(np.array([1.0, 0.1]))[1:3] for _ in range(5)]))
        env.close()
    assert runs[0][1] == runs[1][1]
    assert np.abs(runs[0][0].astype(int) - runs[1][0]).mean() > 10.0


def test_in_fading_hard_the_goal_is_out_of_sight_when_it_is_still_seen_in_goal_1() -> None:
    seen = []
    for task in ("PointGoal1", "PointFadingHard1"):
        env = make(task)
        env.reset(seed=3)
        for _ in range(20):
            observation, *_ = env.step(np.array([0.5, 0.3]))
        red, green, blue = observation["image"][..., 3:].astype(int).transpose(2, 0, 1)
        seen.append(int(((green - red > 20) & (green - blue > 20)).sum()))
        env.close()
    assert seen[0] > 20
    assert seen[1] == 0
