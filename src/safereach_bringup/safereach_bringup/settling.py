"""From a stack and launch arguments to a plan: every value settled, every node that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from safereach_bringup.arguments import (
    PLANNING,
    ArgumentError,
    Value,
    demonstrations,
    fresh_run,
    parse,
    shipped_weights,
)
from safereach_bringup.real_robot import suit_the_camera, suit_the_robot
from safereach_bringup.stack_types import (
    BOTH,
    TRAINER_SIDE,
    Arg,
    IfIs,
    IfSet,
    Node,
    OtherNodes,
    Parameter,
    Plan,
    Stack,
    Unless,
)
from safereach_bringup.weights_header import newest_weights, require_agent, require_sizes


def settle(stack: Stack, texts: Mapping[str, str], now: datetime | None = None) -> Plan:
    """The plan for a stack with these arguments.

    Args:
        stack: which nodes.
        texts: launch arguments as given; an empty text means the default.
        now: the time that names a new run's folder.

    Raises:
        ArgumentError: an argument is unknown or does not do, or the shipped weights are missing.
    """
    given = {name: text for name, text in texts.items() if text}
    values = parse(stack.arguments, given)
    suit_the_robot(values, given)
    suit_the_camera(values, given)
    if not values["run_dir"]:
        values["run_dir"] = str(fresh_run(stack.name, now or datetime.now(timezone.utc)))
    _take_weights(values)
    if values.get("settings") == "":
        values["settings"] = PLANNING[str(values["planning"])]
    if "dataset" in values and "dataset" not in given:
        _take_demonstrations(values)
    _require_dataset(values)
    return Plan(stack.name, values, _running(stack, values))


def _take_weights(values: dict[str, Value]) -> None:
    """The shipped policy where no other is named; it must be of the agent that is asked for."""
    if values.get("weights") == "":
        if not shipped_weights().is_file():
            raise ArgumentError(
                f"the shipped policy {shipped_weights()} is missing; restore it with git, or give "
                "weights:=<file>"
            )
        values["weights"] = str(shipped_weights())
    if "weights" in values:
        require_sizes(Path(str(values["weights"])), str(values.get("environment", "safereach")))
    if "agent" in values:
        earlier = newest_weights(Path(str(values["run_dir"])))
        require_agent(earlier or Path(str(values["weights"])), str(values["agent"]))


def _take_demonstrations(values: dict[str, Value]) -> None:
    """Those that the shipped policy learned from, where they lie here and are of this robot."""
    simulated = values["environment"] == "safereach" and values["robot"] == "sim"
    if simulated and demonstrations().is_dir():
        values["dataset"] = str(demonstrations())


def _require_dataset(values: Mapping[str, Value]) -> None:
    """The trainer's side reads it; the robot's need not have it."""
    folder, here = str(values.get("dataset", "")), values.get("side", BOTH) in (BOTH, TRAINER_SIDE)
    if folder and here and not Path(folder).is_dir():
        raise ArgumentError(
            f"dataset:={folder} does not do: give a folder that exists, such as one made by "
            "`./safereach demonstrate`"
        )


def _running(stack: Stack, values: Mapping[str, Value]) -> tuple[Node, ...]:
    """The nodes that run with these arguments, on this side, with values for parameters."""
    side = values.get("side", BOTH)
    running = tuple(
        node
        for node in stack.nodes
        if (node.when is None or node.when.holds(values))
        and (side == BOTH or node.side in (BOTH, side))
    )
    return tuple(
        replace(
            node,
            parameters={k: _settled(v, node, values, running) for k, v in node.parameters.items()},
            files=tuple(name for file in node.files if (name := file.format(**values))),
        )
        for node in running
    )


def _settled(
    parameter: Parameter, node: Node, values: Mapping[str, Value], running: tuple[Node, ...]
) -> Parameter:
    """The value that a parameter stands for, with these arguments and these running nodes."""
    if isinstance(parameter, Arg):
        return values[parameter.name]
    if isinstance(parameter, IfSet):
        return parameter.then if values[parameter.flag] else parameter.otherwise
    if isinstance(parameter, Unless):
        value = values[parameter.name]
        return "" if value == parameter.nothing else value
    if isinstance(parameter, IfIs):
        return values[parameter.name] == parameter.value
    if isinstance(parameter, OtherNodes):
        others = (other for other in running if other.name != node.name)
        return tuple(other.name for other in others if not other.optional)
    return parameter
