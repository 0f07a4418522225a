"""Safety-Gymnasium as ``fosp_agent.types.Environment``: vision in, wheels or thrust out."""

from __future__ import annotations

import weakref
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from fosp_agent.types import Objective
from fosp_sim_bridge.backend import require_backend
from fosp_sim_bridge.safety_gymnasium import library

TASKS = (
    "SafetyPointGoal1",
    "SafetyPointGoal2",
    "SafetyCarGoal1",
    "SafetyCarGoal2",
    "SafetyPointButton1",
    "SafetyPointPush1",
    "SafetyPointFadingEasy1",
    "SafetyPointFadingHard1",
    "SafetyCarButton1",
    "SafetyCarPush1",
    "SafetyPointRace2",
    "SafetyPointBuildingGoal1",
)
CAMERA = "vision"
IMAGE_SIZE = 64

Observation = dict[str, npt.NDArray[Any]]
Transition = tuple[Observation, float, float, bool, bool, dict[str, Any]]
_HALF_TURN = np.diag([-1.0, -1.0, 1.0])


def _free_renderers(env: Any) -> None:
    """Free the OpenGL contexts: once, and before the interpreter tears OpenGL down."""
    for viewer in env.task._viewers.values():
        viewer.free()
    env.close()


def full_name(task: str) -> str:
    """The library's name of a task: ``PointGoal1`` is short for ``SafetyPointGoal1``."""
    return task if task.startswith("Safety") else f"Safety{task}"


class SafetyGymnasiumEnv:
    """One navigation task, seen through the robot's own cameras.

    Reward and cost are summed over ``action_repeat`` simulator steps. There is no pose (P = 0).
    The simulator draws its layouts from one generator per process, so two of these environments
    in one process disturb each other's random numbers, but not their seeds at a reset.
    """

    objective: Objective = "return"

    def __init__(self, task: str, cameras: tuple[str, ...], action_repeat: int) -> None:
        task = full_name(task)
        if task not in TASKS:
            raise ValueError(
                f"unknown Safety-Gymnasium task {task!r}; valid tasks: {', '.join(TASKS)}"
            )
        if not cameras or set(cameras) - {"front", "back"}:
            raise ValueError(f"cameras must be of 'front' and 'back', got {cameras}")
        if action_repeat < 1:
            raise ValueError(f"action_repeat must be at least 1, got {action_repeat}")
        require_backend()
        self.task = task
        self.cameras = cameras
        self.action_repeat = action_repeat
        self._env = (
            library.load()
            .make(f"{task}-v0", render_mode="rgb_array", width=IMAGE_SIZE, height=IMAGE_SIZE)
            .unwrapped
        )
        self._close = weakref.finalize(self, _free_renderers, self._env)
        self._env.task.render_conf.lidar_markers = False
        self.max_steps = -(-int(self._env.task.num_steps) // action_repeat)
        self.action_size = int(np.prod(self._env.action_space.shape))
        self.action_scale = np.ones(self.action_size)
        self.action_space = spaces.Box(-1.0, 1.0, (self.action_size,), np.float32)
        channels = 3 * len(cameras)
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Box(0, 255, (IMAGE_SIZE, IMAGE_SIZE, channels), np.uint8),
                "pose": spaces.Box(-np.inf, np.inf, (0,), np.float32),
            }
        )
        self._step_index = 0

    def reset(self, *, seed: int | None = None) -> tuple[Observation, dict[str, Any]]:
        """Start the episode of a seed."""
        self._env.reset(seed=seed)
        # The floor mirrors a tenth of the light: hardly to be seen (0.05 of 255 on average), but
        # every image would be rendered twice.
        self._env.task.model.mat_reflectance[:] = 0.0
        self._step_index = 0
        return self._observation(), {"step": 0, "seed": seed}

    def step(self, action: npt.ArrayLike) -> Transition:
        """Take a normalised action (A,) for ``action_repeat`` simulator steps.

        Returns:
            Observation, summed reward, summed cost, terminated, truncated, info.

        Raises:
            ValueError: the action has another shape or is not finite.
        """
        given = np.asarray(action, np.float64)
        if given.shape != (self.action_size,) or not np.isfinite(given).all():
            raise ValueError(f"an action must be {self.action_size} finite numbers, got {given}")
        given = np.clip(given, -1.0, 1.0)
        reward = cost = 0.0
        terminated = truncated = False
        for _ in range(self.action_repeat):
            _, step_reward, step_cost, terminated, truncated, _ = self._env.step(given)
            reward += float(step_reward)
            cost += float(step_cost)
            if terminated or truncated:
                break
        self._step_index += 1
        truncated = bool(truncated) or self._step_index >= self.max_steps
        info = {"step": self._step_index}
        return self._observation(), reward, cost, bool(terminated), truncated, info

    @property
    def simulated_task(self) -> Any:
        """The library's own task, with everything that the cameras do not show."""
        return self._env.task

    def _observation(self) -> Observation:
        images = [self._front() if name == "front" else self._back() for name in self.cameras]
        return {"image": np.concatenate(images, axis=-1), "pose": np.zeros(0, np.float32)}

    def _front(self) -> npt.NDArray[np.uint8]:
        """The image (64, 64, 3) of the robot's camera."""
        image = self._env.task.render(
            IMAGE_SIZE, IMAGE_SIZE, mode="rgb_array", camera_name=CAMERA, cost={}
        )
        return np.array(image, np.uint8)

    def _back(self) -> npt.NDArray[np.uint8]:
        """The image (64, 64, 3) of the same camera turned half about the robot's vertical."""
        model, data = self._env.task.model, self._env.task.data
        camera = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, CAMERA)
        body = model.cam_bodyid[camera]
        axes = data.xmat[body].reshape(3, 3)
        turn = axes @ _HALF_TURN @ axes.T
        position, orientation = data.cam_xpos[camera].copy(), data.cam_xmat[camera].copy()
        try:
            data.cam_xpos[camera] = data.xpos[body] + turn @ (position - data.xpos[body])
            data.cam_xmat[camera] = (turn @ orientation.reshape(3, 3)).ravel()
            return self._front()
        finally:
            data.cam_xpos[camera], data.cam_xmat[camera] = position, orientation

    def close(self) -> None:
        """Free the simulator."""
        self._close()


def make(
    task: str = "SafetyPointGoal1",
    cameras: tuple[str, ...] = ("front", "back"),
    action_repeat: int = 4,
) -> SafetyGymnasiumEnv:
    """Build a task (entry point ``safety_gymnasium``).

    Args:
        task: one of ``TASKS``, with or without its first word "Safety".
        cameras: ("front", "back"), as in the paper, gives 6 channels; "front" alone 3.
        action_repeat: simulator steps of a decision.

    Raises:
        ValueError: unknown task or camera; the message lists the valid ones.
    """
    return SafetyGymnasiumEnv(task, cameras, action_repeat)
