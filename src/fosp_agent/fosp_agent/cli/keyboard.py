"""``./safereach keyboard``: the terminal's keys as a joystick, for teleoperation without one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fosp_agent.errors import UserError


def keyboard(
    topic: Annotated[str, typer.Option(help="Topic of sensor_msgs/Joy.")] = "joy",
    deflection: Annotated[
        float, typer.Option(min=0.05, max=1.0, help="Share of a full step that a key asks for.")
    ] = 1.0,
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
) -> None:
    """Drive and mark by keys, at a stack launched with teleop:=joy (or beside a SpaceMouse)."""
    if not sys.stdin.isatty():
        raise UserError("the keyboard needs a terminal: run it in a shell of its own")

    from fosp_agent.ros.keyboard import publish_keys

    publish_keys(topic, deflection, namespace)
