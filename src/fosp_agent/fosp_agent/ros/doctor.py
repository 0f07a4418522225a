"""The doctor's rounds: everything that can be seen, as findings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rclpy.node import Node

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Finding, Level
from fosp_agent.control.policy_fit import Surface, compare, surface_of
from fosp_agent.errors import UserError
from fosp_agent.ros import topics
from fosp_agent.ros.checkup_ear import HEARD, Checkup
from fosp_agent.ros.diagnostics import UNLOCKED
from fosp_agent.ros.diagnostics_ear import ROBOT
from fosp_agent.ros.graph import connections

LEAST_RATES = {topics.IMAGE: 10.0, topics.CURRENT_POSE: 50.0}
"""Of the real robot [Hz]."""
SIMULATED_RATE = 1.0
LARGEST_OFFSET = 0.2
"""Of stamps from this computer's clock; a camera's exposure and transport take some of it [s]."""
REALSENSE2_CAMERA = ("camera/camera", ("rgb_camera.enable_auto_exposure",))
RECEIVE_BUFFER = Path("/proc/sys/net/core/rmem_max")
REAL_TIME = Path("/sys/kernel/realtime")


def examine(node: Node, weights: Path | None, seconds: float) -> Iterator[Finding]:
    """Listen to a running stack, then say what is in order and what is not.

    Args:
        node: of the doctor.
        weights: file of the policy; None: what the policy node was given.
        seconds: how long to listen.
    """
    ear = Checkup(node)
    ear.listen(seconds)
    simulated = ear.simulated
    for name in HEARD:
        least = SIMULATED_RATE if simulated else LEAST_RATES[name]
        yield checkup.rate(ear.topic(name), least, simulated)
    yield from connections(ear.topic)
    if not _simulated_time(ear):
        found = (checkup.clock(ear.topic(name), LARGEST_OFFSET) for name in HEARD)
        yield from (finding for finding in found if finding is not None)
    yield _box(ear)
    yield checkup.exposure(_unlocked(ear), simulated)
    yield _robot(ear)
    yield from ear.diagnostics.silent(ROBOT)
    yield from ear.diagnostics.errors()
    yield from _computer(ear)
    yield from _policy(ear, weights)


def _simulated_time(ear: Checkup) -> bool:
    values = ear.parameters("observation_node", ["use_sim_time"])
    return bool(values and values[0])


def _box(ear: Checkup) -> Finding:
    values = ear.parameters("command_gate_node", ["box_min", "box_max", "use_pose"])
    if not values:
        return checkup.box(None, None)
    if values[2] is False:
        return Finding(Level.GREEN, "workspace box", "a robot without a pose has none")
    return checkup.box(list(values[0] or ()), list(values[1] or ()))


def _unlocked(ear: Checkup) -> str | None:
    """What the camera sets by itself: of our node by its diagnostics, else by its parameters."""
    said = ear.diagnostics.values("camera_node")
    if UNLOCKED in said:
        return said[UNLOCKED]
    values = ear.parameters(*REALSENSE2_CAMERA, patience=0.5)
    if not values:
        return None
    return "exposure" if values[0] else ""


def _robot(ear: Checkup) -> Finding:
    if ear.arm is None:
        return checkup.robot(None, "")
    return checkup.robot(bool(ear.arm.ready), str(ear.arm.detail))


def _computer(ear: Checkup) -> Iterator[Finding]:
    values = ear.parameters("recorder_node", ["run_dir"])
    folder = Path(values[0]) if values and values[0] else Path.cwd()
    while not folder.exists():
        folder = folder.parent
    yield checkup.disk(shutil.disk_usage(folder).free / 1e9, str(folder))
    if RECEIVE_BUFFER.is_file():
        yield checkup.buffers(int(RECEIVE_BUFFER.read_text()))
    kernel = REAL_TIME.is_file() and REAL_TIME.read_text().strip() == "1"
    yield checkup.real_time(kernel, ear.arm is not None)


def _policy(ear: Checkup, weights: Path | None) -> Iterator[Finding]:
    if weights is None:
        values = ear.parameters("policy_node", ["weights"])
        if not values or not values[0]:
            yield Finding(Level.GREEN, "policy", "none runs, none is looked at")
            return
        weights = Path(values[0])
    import torch

    if torch.cuda.is_available():
        yield Finding(Level.GREEN, "GPU", torch.cuda.get_device_name())
    else:
        yield Finding(Level.YELLOW, "GPU", "none: the policy acts, and learns slowly, on the CPU")
    yield from acts(weights, ear.diagnostics.robot(), ear.simulated)


def acts(weights: Path, robot: Surface, simulated: bool) -> Iterator[Finding]:
    """Whether a policy loads, acts, knows this robot's observations, and means its actions.

    A policy that looks through the simulator's camera at a real scene is a warning.
    """
    from fosp_agent.config import load_preset
    from fosp_agent.control.policy_runner import PolicyRunner

    try:
        runner = PolicyRunner.from_file(weights)
        sizes = runner.config.robot
        image = np.zeros((sizes.image_size, sizes.image_size, sizes.image_channels), np.uint8)
        runner.act(image, np.zeros(sizes.pose_size, np.float32))
    except (UserError, ValueError) as problem:
        yield Finding(Level.RED, "policy", f"{weights}: {problem}", "choose another file")
        return
    yield Finding(Level.GREEN, "policy", f"{weights} loads and acts")
    yield from compare(surface_of(sizes), robot)
    camera = sizes.camera
    if not simulated and camera and camera == load_preset("small").robot.camera:
        remedy = "pretrain with your camera's (./safereach calibrate), or with robot.camera=[]"
        seen = "the policy looks for contacts through the simulator's camera"
        yield Finding(Level.YELLOW, "policy", seen, remedy)
