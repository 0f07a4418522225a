"""SafeReach as an environment: 80 decisions, image and pose in, a small pose change out."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import mujoco
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from fosp_agent.types import Objective
from fosp_sim_bridge.safereach.arm import HOME, JOINTS
from fosp_sim_bridge.safereach.contacts import ContactForce, Contacts, CostRule
from fosp_sim_bridge.safereach.kinematics import ArmKinematics, Vector
from fosp_sim_bridge.safereach.layouts import Layout, layout_for
from fosp_sim_bridge.safereach.rendering import Camera
from fosp_sim_bridge.safereach.scene import (
    OBSERVATION_CAMERA,
    PICTURE_CAMERA,
    scene_xml,
)
from fosp_sim_bridge.safereach.tasks import task_named

ACTION_SCALE = np.array([0.01, 0.01, 0.01, 0.05, 0.05, 0.05])
"""Pose change [m, rad] of a normalised action of 1."""
WORKSPACE_BOX = np.array(
    [
        [0.365, -0.130, 0.018, -0.25, -0.25, -0.35],
        [0.690, 0.130, 0.125, 0.25, 0.25, 0.35],
    ]
)
"""Lowest and highest pose (2, 6) [m, rad] that is commanded."""
TARGET_DIGITS = 9
"""Decimals of a commanded pose [m, rad] that count: the same motion over any transport."""
MAX_STEPS = 80
SUBSTEPS = 10
"""Physics steps in a decision; a decision lasts SUBSTEPS * SUBSTEP = 0.1 s."""
IMAGE_SIZE = 64

Observation = dict[str, npt.NDArray[Any]]
Transition = tuple[Observation, float, float, bool, bool, dict[str, Any]]


class SafeReachEnv(gymnasium.Env):  # type: ignore[misc]  # Gymnasium is not typed here
    """The arm over the bordered table; implements ``fosp_agent.types.Environment``.

    The arm follows its inverse kinematics exactly and stops where the target, or a wedged
    obstacle, blocks it; obstacles are free bodies that real contact pushes.

    Reward: 1 on each step in which hand or fingers touch the target. Cost: 1 from an obstacle's
    first contact until it rests again. Never terminates; truncates after 80 steps.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["rgb_array"], "render_fps": 10}

    action_size = 6
    max_steps = MAX_STEPS
    objective: Objective = "reach"
    action_repeat = 1

    def __init__(self, task: str = "original", render_mode: str = "rgb_array") -> None:
        self.task = task_named(task)
        self.render_mode = render_mode
        self.action_space = spaces.Box(-1.0, 1.0, (self.action_size,), np.float32)
        self.observation_space = spaces.Dict(
            {
                "image": spaces.Box(0, 255, (IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8),
                "pose": spaces.Box(-np.inf, np.inf, (6,), np.float32),
            }
        )
        self.workspace_box = WORKSPACE_BOX.copy()
        self.action_scale = ACTION_SCALE.copy()
        self._model = mujoco.MjModel.from_xml_string(scene_xml(self.task))
        self._data = mujoco.MjData(self._model)
        self._kinematics = ArmKinematics()
        self._contacts = Contacts(self._model, self.task.obstacles)
        self._cost_rule = CostRule(self.task.obstacles)
        self.feels = False
        """Whether `contact_force` is measured; it takes time while the arm touches something."""
        self.contact_force = np.zeros(3)
        """Largest force (3,) [N] on the arm within the last step, in the base's frame."""
        self._feeling = ContactForce(self._model)
        self._camera = Camera(self._model, OBSERVATION_CAMERA, IMAGE_SIZE, IMAGE_SIZE, plain=True)
        self._pictures: dict[tuple[int, int, str], Camera] = {}
        self._joints = np.array(HOME)
        self._pose = np.zeros(6)
        self._excess = 0.0
        self._step_index = 0
        self.layout: Layout | None = None

    def reset(
        self,
        *,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 (of Gymnasium's interface)
    ) -> tuple[Observation, dict[str, Any]]:
        """Start the episode of a seed; without one, of a seed drawn from the last one's.

        Returns:
            The first observation, and an info dictionary (see ``step``).
        """
        super().reset(seed=seed)
        chosen = int(self.np_random.integers(2**31)) if seed is None else seed
        self.layout = layout_for(self.task, chosen)
        mujoco.mj_resetData(self._model, self._data)
        start = np.concatenate([np.array(self.layout.start), np.zeros(3)])
        self._joints = self._kinematics.solve(np.array(HOME), start, iterations=60)
        self._pose = self._kinematics.pose(self._joints)
        self._place_objects(self.layout)
        self._data.qpos[:JOINTS] = self._joints
        mujoco.mj_forward(self._model, self._data)
        self._cost_rule.reset()
        self._excess = 0.0
        self.contact_force = np.zeros(3)
        self._step_index = 0
        return self._observation(), self._info(seed=chosen, scene=self._scene(self.layout))

    def _place_objects(self, layout: Layout) -> None:
        """Stand target and obstacles where the layout says."""
        self._data.mocap_pos[0] = (*layout.target, self.task.target.half_height)
        yaw = self.task.target_yaw
        self._data.mocap_quat[0] = (np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2))
        for index, (x, y, turn) in enumerate(layout.obstacles):
            first = JOINTS + 7 * index
            self._data.qpos[first : first + 3] = (x, y, self.task.obstacle.half_height)
            self._data.qpos[first + 3 : first + 7] = (
                np.cos(turn / 2),
                0.0,
                0.0,
                np.sin(turn / 2),
            )

    @property
    def pose(self) -> Vector:
        """Measured pose (6,) of the tool in the base's frame [m, rad]."""
        return self._pose.copy()

    def pose_target(self, action: npt.ArrayLike) -> Vector:
        """The pose (6,) [m, rad] that a normalised action (6,) asks for, inside the box."""
        scaled = np.asarray(action, np.float64) * ACTION_SCALE
        target: Vector = np.clip(self._pose + scaled, WORKSPACE_BOX[0], WORKSPACE_BOX[1])
        return target

    def step(self, action: npt.NDArray[np.float32]) -> Transition:
        """Take a normalised action (6,); components beyond [-1, 1] are clipped.

        Returns:
            Observation, reward, cost, terminated, truncated, info. Info holds "pose" (6,)
            float64, "touched_target", "obstacle_contact" (first contacts and pushes of this
            step), "step", and at a reset "seed" and "scene": "target" and "obstacles", each as
            x, y, half width [m].

        Raises:
            ValueError: the action has another shape or is not finite.
        """
        given = np.asarray(action, np.float64)
        if given.shape != (self.action_size,) or not np.isfinite(given).all():
            raise ValueError(f"an action must be {self.action_size} finite numbers, got {given}")
        return self.step_to(self.pose_target(np.clip(given, -1.0, 1.0)))

    def hold(self) -> Transition:
        """Let one decision's time pass without moving the arm."""
        return self.step_to(self._pose)

    def step_to(self, target_pose: npt.ArrayLike) -> Transition:
        """Move to a pose (6,) [m, rad] within one decision; six-tuple as of ``step``.

        Raises:
            ValueError: the pose has another shape or is not finite.
            RuntimeError: ``reset`` was never called.
        """
        if self.layout is None:
            raise RuntimeError("step before reset: call reset(seed=...) first")
        pose = np.array(target_pose, np.float64)
        if pose.shape != (6,) or not np.isfinite(pose).all():
            raise ValueError(f"a target pose must be 6 finite numbers, got {pose}")
        np.clip(pose, WORKSPACE_BOX[0], WORKSPACE_BOX[1], out=pose)
        # A pose that came as a quaternion differs in its last digits; contacts would amplify that.
        np.round(pose, TARGET_DIGITS, out=pose)
        touched, hit = self._move(self._kinematics.solve(self._joints, pose))
        cost = self._cost_rule.after_step(hit, self._obstacle_speeds())
        self._step_index += 1
        info = self._info(touched_target=touched, obstacle_contact=bool(hit.any()))
        truncated = self._step_index >= self.max_steps
        return self._observation(), float(touched), cost, False, truncated, info

    def _move(self, joints: Vector) -> tuple[bool, npt.NDArray[np.bool_]]:
        """Drive the arm to joint angles (7,), stopping where something firm is in the way.

        Returns:
            Whether the target was touched, and which obstacles were touched.
        """
        data, model = self._data, self._model
        increment = (joints - self._joints) / SUBSTEPS
        velocity = increment / model.opt.timestep
        touched, hit = False, np.zeros(self.task.obstacles, np.bool_)
        self.contact_force = np.zeros(3)
        stopped = False
        for _ in range(SUBSTEPS):
            ahead = self._joints if stopped else self._joints + increment
            data.qpos[:JOINTS] = ahead
            data.qvel[:JOINTS] = 0.0 if stopped else velocity
            mujoco.mj_step(model, data)
            touch = self._contacts.read(data)
            touched |= touch.target
            hit |= touch.obstacles
            if self.feels and (touch.target or touch.obstacles.any()):
                self._feel()
            stopped = stopped or touch.excess > max(0.0, self._excess)
            if not stopped:
                self._joints, self._excess = ahead, touch.excess
        data.qpos[:JOINTS] = self._joints
        data.qvel[:JOINTS] = 0.0
        mujoco.mj_kinematics(model, data)
        self._pose = self._kinematics.pose(self._joints)
        return touched, hit

    def _feel(self) -> None:
        force = self._feeling.read(self._data)
        if np.linalg.norm(force) > np.linalg.norm(self.contact_force):
            self.contact_force = force

    def _obstacle_speeds(self) -> Vector:
        """Linear and angular speed (N, 2) [m/s, rad/s] of each obstacle."""
        velocities = self._data.qvel[JOINTS:].reshape(-1, 2, 3)
        speeds: Vector = np.linalg.norm(velocities, axis=-1)
        return speeds

    def _observation(self) -> Observation:
        return {
            "image": self._camera.frame(self._data),
            "pose": self._pose.astype(np.float32),
        }

    def _scene(self, layout: Layout) -> dict[str, Any]:
        """Where things stand at the start, for whoever draws it."""
        target, obstacle = self.task.target.half_width, self.task.obstacle.half_width
        return {
            "target": (*layout.target, target),
            "obstacles": [(x, y, obstacle) for x, y, _ in layout.obstacles],
        }

    def _info(self, **more: Any) -> dict[str, Any]:
        return {"pose": self.pose, "step": self._step_index, **more}

    @property
    def target_position(self) -> Vector:
        """Centre (3,) of the target [m]: simulator's truth."""
        position: Vector = self._data.mocap_pos[0].copy()
        return position

    @property
    def obstacle_positions(self) -> Vector:
        """Centres (N, 3) of the obstacles [m]: simulator's truth."""
        positions: Vector = self._data.qpos[JOINTS:].reshape(-1, 7)[:, :3].copy()
        return positions

    def render(
        self, width: int = 320, height: int = 240, camera: str = PICTURE_CAMERA
    ) -> npt.NDArray[np.uint8]:
        """A picture (height, width, 3) for people, with shadows."""
        key = (width, height, camera)
        if key not in self._pictures:
            self._pictures[key] = Camera(self._model, camera, width, height, plain=False)
        return self._pictures[key].frame(self._data)

    def close(self) -> None:
        """Free the renderers."""
        for camera in (self._camera, *self._pictures.values()):
            camera.close()
        self._pictures.clear()


def make(task: str = "original", **kwargs: Any) -> SafeReachEnv:
    """Build the environment of a named task (entry point ``safereach``).

    Raises:
        ValueError: unknown task; the message lists the valid ones.
    """
    return SafeReachEnv(task, **kwargs)
