"""A Franka arm over libfranka, by way of franky: Cartesian targets streamed to it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any

import numpy as np

from fosp_agent.drivers.arm import ArmError, ArmMode, ArmState, Vector
from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

RECOVERY_PATIENCE = 1.0
"""How long the state may go on showing errors after the arm has said that they are gone [s]."""
MODES = {
    "Idle": ArmMode.IDLE,
    "Move": ArmMode.MOVING,
    "Guiding": ArmMode.GUIDING,
    "Reflex": ArmMode.REFLEX,
    "UserStopped": ArmMode.USER_STOPPED,
    "AutomaticErrorRecovery": ArmMode.RECOVERING,
}


@dataclass(frozen=True)
class FrankaConfig:
    """How a Franka arm is driven."""

    host: str = ""
    """Address of the arm's control unit, such as 172.16.0.2."""
    realtime: bool = True
    """Refuse to control the arm without a real-time kernel; false only for a simulated arm."""
    max_speed: Annotated[float, Range(0.001, 1.7)] = 0.5
    """Limit of the motions towards targets [m/s]. These six shape the way to each target; slow ones
    make the arm lag behind."""
    max_acceleration: Annotated[float, Range(0.01, 13.0)] = 5.0
    """[m/s^2]"""
    max_jerk: Annotated[float, Range(1.0, 6500.0)] = 500.0
    """[m/s^3]"""
    max_turn_rate: Annotated[float, Range(0.001, 2.5)] = 2.0
    """[rad/s]"""
    max_turn_acceleration: Annotated[float, Range(0.01, 25.0)] = 15.0
    """[rad/s^2]"""
    max_turn_jerk: Annotated[float, Range(1.0, 12500.0)] = 1500.0
    """[rad/s^3]"""
    collision_torque: Annotated[float, Range(1.0, 100.0)] = 20.0
    """Joint torque at which the arm's own reflex stops it [N m]."""
    collision_force: Annotated[float, Range(1.0, 100.0)] = 30.0
    """Force, and ten times the torque, at which the arm's own reflex stops it [N]."""

    def limits(self) -> dict[str, float]:
        """The dynamics limits by the names of franky's attributes."""
        return {
            "translation_velocity_limit": self.max_speed,
            "translation_acceleration_limit": self.max_acceleration,
            "translation_jerk_limit": self.max_jerk,
            "rotation_velocity_limit": self.max_turn_rate,
            "rotation_acceleration_limit": self.max_turn_acceleration,
            "rotation_jerk_limit": self.max_turn_jerk,
        }


class FrankaArm:
    """`Arm` for a Franka Research 3 or Panda with its control interface activated."""

    def __init__(self, config: FrankaConfig) -> None:
        """Connect.

        Raises:
            UserError: franky is not installed, or there is no arm at the address.
        """
        self._franky = _franky()
        self._faults = (self._franky.Exception, RuntimeError, ValueError)
        self._config = config
        self._robot = self._connect()

    def _connect(self) -> Any:
        config, franky = self._config, self._franky
        if not config.host:
            raise UserError("set the parameter 'host' to the address of the arm's control unit")
        wanted = franky.RealtimeConfig.Enforce if config.realtime else franky.RealtimeConfig.Ignore
        try:
            robot = franky.Robot(config.host, realtime_config=wanted)
            for name, value in config.limits().items():
                getattr(robot, name).set(value)
            force = np.array([1, 1, 1, 0.1, 0.1, 0.1]) * config.collision_force
            robot.set_collision_behavior(config.collision_torque, force)
        except self._faults as problem:
            raise UserError(
                f"no arm answers at {config.host} ({_line(problem)}): is it switched on, are its "
                "brakes unlocked and its control interface activated? Without a real-time kernel, "
                "for a simulated arm, set realtime: false"
            ) from problem
        return robot

    def read(self) -> ArmState:
        """As of `Arm`."""
        try:
            state = self._robot.state
        except self._faults as problem:
            raise ArmError(
                f"the arm at {self._config.host} is gone ({_line(problem)})"
            ) from problem
        errors = state.current_errors
        pose = state.O_T_EE
        return ArmState(
            pose=np.concatenate([pose.translation.ravel(), np.asarray(pose.quaternion).ravel()]),
            position=np.asarray(state.q).ravel(),
            velocity=np.asarray(state.dq).ravel(),
            effort=np.asarray(state.tau_J).ravel(),
            wrench=np.asarray(state.O_F_ext_hat_K).ravel(),
            mode=MODES.get(state.robot_mode.name, ArmMode.OTHER),
            errors=_standing(errors) if self._robot.has_errors else (),
            success_rate=float(state.control_command_success_rate),
        )

    def move_to(self, pose: Vector) -> None:
        """As of `Arm`: the motion under way is replaced without a stop in between."""
        target = self._franky.Affine(pose[:3], pose[3:] / np.linalg.norm(pose[3:]))
        self._start(self._franky.CartesianMotion(target))

    def stop(self) -> None:
        """As of `Arm`."""
        if self._robot.is_in_control:
            self._start(self._franky.CartesianStopMotion())

    def _start(self, motion: Any) -> None:
        try:
            self._robot.move(motion, asynchronous=True)
        except self._faults as problem:
            raise ArmError(f"the arm refused to move ({_line(problem)})") from problem

    def recover(self) -> None:
        """As of `Arm`; connects anew where the connection is gone."""
        try:
            self._robot.state  # noqa: B018 - raises when the connection is gone
        except self._faults:
            try:
                self._robot = self._connect()
            except UserError as problem:
                raise ArmError(str(problem)) from problem
            return
        with suppress(*self._faults):  # the failure of the motion that the error ended is old news
            self._robot.join_motion()
        try:
            recovered = self._robot.recover_from_errors()
        except self._faults as problem:
            raise ArmError(f"the arm did not recover ({_line(problem)})") from problem
        if not recovered and not self._clears_up():
            raise ArmError("the arm did not recover: look at its own interface")

    def _clears_up(self) -> bool:
        """Whether the errors are gone soon: the answer may come before the state that shows it."""
        deadline = time.monotonic() + RECOVERY_PATIENCE
        while self._robot.has_errors and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self._robot.has_errors

    def close(self) -> None:
        """As of `Arm`."""
        with suppress(ArmError, *self._faults):
            self.stop()
            self._robot.join_motion(1.0)


def _franky() -> Any:
    try:
        return import_module("franky")
    except ImportError as problem:
        raise UserError(
            f"franka_node needs the package franky-control ({problem}): "
            "pip install -r requirements/robot.txt"
        ) from problem


def _standing(errors: Any) -> tuple[str, ...]:
    """Names of the errors that are set."""
    names = (name for name in dir(type(errors)) if not name.startswith("_"))
    return tuple(name for name in names if getattr(errors, name) is True)


def _line(problem: Exception) -> str:
    """An exception in one line."""
    return " ".join(str(problem).split())
