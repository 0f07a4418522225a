"""What the launch arguments must be like where the robot is a real one."""

from __future__ import annotations

from collections.abc import Mapping

from safereach_bringup.arguments import ArgumentError, Value

NOT_THERE = {
    "environment": ("safety_gymnasium", "it is a simulator of its own"),
    "lockstep": ("true", "time does not wait for a real robot"),
    "label": ("oracle", "only a simulator knows; give manual or operator"),
}
"""Arguments that make no sense with a real robot, and why."""
INSTEAD: Mapping[str, tuple[Value, Value]] = {
    "lockstep": (True, False),
    "label": ("oracle", "manual"),
    "tests": (20, 0),
}
"""Defaults of the simulation, and what stands for them; the seeded tests are the simulator's."""


def suit_the_robot(values: dict[str, Value], texts: Mapping[str, str]) -> None:
    """Adapt defaults to a real robot; ``texts`` are the arguments as given.

    Raises:
        ArgumentError: an argument was given that a real robot cannot do, or one is missing.
    """
    robot = values.get("robot", "sim")
    if robot == "sim":
        return
    for name, (wrong, why) in NOT_THERE.items():
        if texts.get(name) == wrong:
            raise ArgumentError(f"{name}:={wrong} does not go with robot:={robot}: {why}")
    for name, (simulated, value) in INSTEAD.items():
        if name in values and not texts.get(name) and values[name] == simulated:
            values[name] = value
    here = values.get("side", "all") != "trainer"
    if robot == "franky" and here and not values["robot_host"]:
        raise ArgumentError("robot:=franky needs robot_host:=<address of the arm's control unit>")


def suit_the_camera(values: dict[str, Value], texts: Mapping[str, str]) -> None:
    """One camera: the simulator's, or one at the real robot.

    Raises:
        ArgumentError: there would be two or none, or no recording was given to replay.
    """
    simulated = values.get("robot", "sim") == "sim"
    if not simulated and not texts.get("camera"):
        values["camera"] = "realsense"
    camera = values["camera"]
    if camera == "replay" and not values["replay"]:
        raise ArgumentError("camera:=replay needs the recording: replay:=<video or MCAP file>")
    if simulated != (camera == "simulated"):
        robot = values.get("robot", "sim")
        raise ArgumentError(
            f"camera:={camera} does not go with robot:={robot}: the simulated robot has the "
            "simulated camera, and a real one has not"
        )
