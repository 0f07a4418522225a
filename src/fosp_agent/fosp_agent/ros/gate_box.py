"""The workspace box of the command gate, for those who show it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rcl_interfaces.srv import GetParameters
from rclpy.clock import Clock, ClockType
from rclpy.node import Node


def ask_for_box(node: Node, take: Callable[[list[float], list[float]], object]) -> None:
    """Ask the command gate for its box until it answers.

    Args:
        node: who asks; it must be spun.
        take: called once on the spinning thread with the lowest and highest pose [m], [rad];
            never for a gate without a box.
    """
    client = node.create_client(GetParameters, "command_gate_node/get_parameters")

    def answered(future: Any) -> None:
        low, high = (list(value.double_array_value) for value in future.result().values)
        if len(low) >= 3 and len(low) == len(high):
            take(low, high)

    def ask() -> None:
        if client.service_is_ready():
            timer.cancel()
            request = GetParameters.Request(names=["box_min", "box_max"])
            client.call_async(request).add_done_callback(answered)

    timer = node.create_timer(1.0, ask, clock=Clock(clock_type=ClockType.STEADY_TIME))
