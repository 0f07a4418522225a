"""The library's assets with the missing textures added, and the building scene it lacks.

``safety_gymnasium`` 1.0.0 registers the races but ships none of their textures, and it does not
have BuildingGoal, the paper's test of a changed look (H.5). Ours is Goal1 with the village's floor,
bushes for hazards and a flowering bush for the goal: the same task, another sight.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2

from fosp_sim_bridge.safety_gymnasium.body import BODIES
from fosp_sim_bridge.safety_gymnasium.textures import PAINTERS, paint

BUILDING = "BuildingGoal1"
SKY_SIDE = 256
"""The library's starry sky has six sides of 3259 pixels, which every reset decodes anew (1.1 s);
an image of 64 pixels shows a few stars of it."""


def furnish(library: ModuleType) -> None:
    """Let the library's worlds find our textures, and register the building scene."""
    world: Any = import_module("safety_gymnasium.world")
    world.BASE_DIR = str(assets_with_textures(Path(world.BASE_DIR)))
    _register_building(library)


def assets_with_textures(base: Path) -> Path:
    """A folder like the library's own, by links, plus what its textures lack; gone at the end.

    Args:
        base: the library's folder, with ``assets`` and ``configs``.
    """
    folder = Path(tempfile.mkdtemp(prefix="safereach-assets-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "configs").symlink_to(base / "configs")
    textures = folder / "assets" / "textures"
    textures.mkdir(parents=True)
    for part in (base / "assets").iterdir():
        if part.name != textures.name:
            (textures.parent / part.name).symlink_to(part)
    for picture in (base / "assets" / textures.name).iterdir():
        _shrink(picture, textures / picture.name)
    for name in PAINTERS:
        target = textures / f"{name}.PNG"
        if not target.exists():
            target.write_bytes(cv2.imencode(".png", paint(name)[..., ::-1])[1].tobytes())
    return folder


def _shrink(picture: Path, target: Path) -> None:
    """Copy a picture with ``SKY_SIDE`` pixels a side at most."""
    pixels = cv2.imread(str(picture))
    if max(pixels.shape) > SKY_SIDE:
        pixels = cv2.resize(pixels, (SKY_SIDE, SKY_SIDE), interpolation=cv2.INTER_AREA)
    target.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def _register_building(library: ModuleType) -> None:
    tasks: Any = import_module("safety_gymnasium.tasks")
    goal_task: Any = tasks.GoalLevel1

    class BuildingGoalLevel1(goal_task):  # type: ignore[misc]  # the library is not typed
        """Goal1 among bushes."""

        def __init__(self, config: dict[str, Any]) -> None:
            super().__init__(config=config)
            self.hazards.is_meshed = True
            self.goal.is_meshed = True

    tasks.BuildingGoalLevel1 = BuildingGoalLevel1
    for robot in BODIES:
        name = f"Safety{robot}{BUILDING}-v0"
        config = {"agent_name": robot, "floor_conf.type": "village"}
        library.register(
            id=name,
            entry_point="safety_gymnasium.builder:Builder",
            kwargs={"config": config, "task_id": name},
            max_episode_steps=1000,
        )
