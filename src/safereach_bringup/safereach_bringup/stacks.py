"""Which nodes run together: the one list behind `ros2 launch` and `./safereach launch`.

Plain data. A parameter that is an ``Arg`` takes the value of that launch argument; a node with a
``when`` is left out unless that argument has that value. Defaults of the parameters lie in
``config/<environment>.yaml``; what stands here overrides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from safereach_bringup.arguments import (
    ANY_AGENT,
    ARGUMENTS,
    PLANNING,
    Argument,
    ArgumentError,
    demonstrations,
    fresh_run,
    shipped_weights,
)
from safereach_bringup.arguments import parse as parse_arguments
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
    When,
    settled,
)
from safereach_bringup.weights_header import newest_weights, require_agent

SIMULATED_TIME: Mapping[str, Parameter] = {
    "use_sim_time": Arg("lockstep"),
    "image_reliability": IfSet("lockstep", "reliable", "best_effort"),
}
"""For the nodes that compare stamps: in lockstep time stands still between two commands."""

REAL = When("robot", "sim", negated=True)
"""A person stands beside this robot."""

ROBOT_NODES = (
    Node(
        "fosp_sim_bridge",
        "sim_bridge_node",
        {"environment": Arg("environment"), "task": Arg("task"), "lockstep": Arg("lockstep")},
        when=When("robot", "sim"),
    ),
    Node(
        "fosp_agent",
        "franka_node",
        {"host": Arg("robot_host")},
        files=("{workspace}",),
        when=When("robot", "franky"),
    ),
    Node(
        "fosp_agent",
        "franka_ros2_node",
        files=("{workspace}",),
        when=When("robot", "franka_ros2"),
    ),
    Node(
        "fosp_agent",
        "camera_node",
        {"source": Arg("camera"), "replay": Arg("replay")},
        files=("camera-{camera}.yaml",),
        when=When("camera", ("realsense", "replay")),
        respawn=True,
    ),
    Node(
        "fosp_agent",
        "observation_node",
        {"use_sim_time": Arg("lockstep")},
        files=("camera-{camera}.yaml", "{workspace}"),
    ),
    Node("fosp_agent", "command_gate_node", SIMULATED_TIME, files=("{workspace}",)),
    Node("fosp_agent", "reset_node", files=("{workspace}",), when=REAL),
)
"""The arm, its camera, and what stands between them and whoever acts."""


def session(learn: bool, require_policy: bool) -> Node:
    """The conductor, of episodes that are learned from or not, acted by a policy or by others."""
    return Node(
        "fosp_agent",
        "session_node",
        {
            "task": Arg("task"),
            "seed_base": Arg("seed_base"),
            "learn": learn,
            "require_policy": require_policy,
            "use_sim_time": Arg("lockstep"),
            "run_dir": Arg("run_dir"),
        },
        files=("{workspace}",),
    )


def recording(source: str) -> tuple[Node, ...]:
    """What writes episodes and labels, of a policy's acting or of an operator's."""
    return (
        Node(
            "fosp_agent",
            "recorder_node",
            {
                "run_dir": Arg("run_dir"),
                "environment": Arg("environment"),
                "source": source,
                "operator": Arg("operator"),
                "note": Arg("note"),
            },
            files=("camera-{camera}.yaml",),
        ),
        Node("fosp_agent", "label_node", {"run_dir": Arg("run_dir")}),
        Node("fosp_sim_bridge", "oracle_label_node", when=When("label", "oracle")),
    )


def teleop(alone: bool) -> tuple[Node, ...]:
    """The operator and the device, acting alone or taking over from a policy."""
    return (
        Node(
            "fosp_agent",
            "teleop_node",
            {
                "alone": alone,
                "pace": IfSet("lockstep", 0.1, 0.0),
                "label": IfIs("label", "operator"),
                "labeller": Arg("operator"),
                "note": Arg("note"),
            },
            files=("teleop-{teleop}.yaml",),
            when=When("teleop", "none", negated=True),
        ),
        Node("fosp_agent", "spacemouse_node", when=When("teleop", "spacemouse"), respawn=True),
    )


POLICY = Node(
    "fosp_agent",
    "policy_node",
    {
        "weights": Arg("weights"),
        "agent": Unless("agent", ANY_AGENT),
        "mode": Arg("mode"),
        "settings": Arg("settings"),
        "seed": Arg("seed"),
        "run_dir": Arg("run_dir"),
    },
)

TRAINER = Node(
    "fosp_agent",
    "trainer_node",
    {
        "run_dir": Arg("run_dir"),
        "weights": Arg("weights"),
        "agent": Unless("agent", ANY_AGENT),
        "dataset": Arg("dataset"),
        "updates_per_episode": Arg("updates_per_episode"),
        "seed": Arg("seed"),
    },
    respawn=True,
    side=TRAINER_SIDE,
)


def console(*, policy: bool = False) -> Node:
    """The operator's page, beside any stack."""
    parameters: dict[str, Parameter] = {
        "run_dir": Arg("run_dir"),
        "port": Arg("console_port"),
        "host": Arg("console_host"),
        "token": Arg("console_token"),
        "expected_nodes": OtherNodes(),
    }
    return Node(
        "fosp_agent",
        "console_node",
        parameters | ({"weights": Arg("weights")} if policy else {}),
        when=When("console", True),
        respawn=True,
        optional=True,
        terminal=True,
    )


def monitor(*, policy: bool = False) -> Node:
    """Marks, pictures and health for RViz and Foxglove, beside any stack."""
    parameters: dict[str, Parameter] = {
        "run_dir": Arg("run_dir"),
        "expected_nodes": OtherNodes(),
    }
    return Node(
        "fosp_agent",
        "monitor_node",
        parameters | ({"weights": Arg("weights")} if policy else {}),
        when=When("monitor", True),
        respawn=True,
        optional=True,
    )


TRIALS = Node(
    "fosp_agent",
    "trials_node",
    {
        "environment": Arg("environment"),
        "task": Arg("task"),
        "weights": Arg("weights"),
        "episodes": Arg("episodes"),
        "tests": Arg("tests"),
        "mode": Arg("mode"),
        "settings": Arg("settings"),
        "run_dir": Arg("run_dir"),
        "expected_nodes": OtherNodes(),
    },
    required=True,
    terminal=True,
)

LEARNING_ARGUMENTS = frozenset({"episodes", "updates_per_episode", "tests", "dataset", "side"})
POLICY_ARGUMENTS = frozenset({"weights", "agent", "mode", "planning", "settings", "seed"})


OPERATOR_ARGUMENTS = frozenset({"label", "teleop", "operator", "note"})


def _arguments(without: frozenset[str], **defaults: str) -> tuple[Argument, ...]:
    """The arguments of a stack, some with another default."""
    return tuple(
        replace(argument, default=defaults.get(argument.name, argument.default))
        for argument in ARGUMENTS
        if argument.name not in without
    )


STACKS: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        Stack(
            "finetune",
            "Episodes one after another, each labelled and learned from, with tests before and "
            "after; ends by itself",
            (
                *ROBOT_NODES,
                session(learn=True, require_policy=True),
                *recording("policy"),
                *teleop(alone=False),
                POLICY,
                TRAINER,
                TRIALS,
                console(policy=True),
                monitor(policy=True),
            ),
            ARGUMENTS,
        ),
        Stack(
            "evaluate",
            "The policy acts, nothing is learned; you call /start_episode",
            (
                *ROBOT_NODES,
                session(learn=False, require_policy=True),
                *recording("policy"),
                *teleop(alone=False),
                POLICY,
                console(policy=True),
                monitor(policy=True),
            ),
            _arguments(LEARNING_ARGUMENTS),
        ),
        Stack(
            "record",
            "An operator drives, marks and records demonstrations; with teleop:=none, whoever "
            "publishes `action`",
            (
                *ROBOT_NODES,
                session(learn=False, require_policy=False),
                *recording("teleop"),
                *teleop(alone=True),
                console(),
                monitor(),
            ),
            _arguments(
                LEARNING_ARGUMENTS | POLICY_ARGUMENTS,
                teleop="joy",
                label="operator",
                lockstep="false",
            ),
        ),
        Stack(
            "sim",
            "The simulated robot and its session alone; you call /start_episode",
            (*ROBOT_NODES, session(learn=False, require_policy=False), console(), monitor()),
            _arguments(LEARNING_ARGUMENTS | POLICY_ARGUMENTS | OPERATOR_ARGUMENTS),
        ),
    )
}


def find(name: str) -> Stack:
    """The stack of this name.

    Raises:
        ArgumentError: there is none; the message lists those that there are.
    """
    if name not in STACKS:
        raise ArgumentError(f"unknown stack '{name}'; there are: {', '.join(STACKS)}")
    return STACKS[name]


def settle(stack: Stack, texts: Mapping[str, str], now: datetime | None = None) -> Plan:
    """The plan for a stack with these arguments.

    Args:
        stack: which nodes.
        texts: launch arguments as given; an empty text means the default.
        now: the time that names a new run's folder.

    Raises:
        ArgumentError: an argument is unknown or does not do, or the shipped weights are missing.
    """
    values = parse_arguments(stack.arguments, {k: v for k, v in texts.items() if v})
    suit_the_robot(values, texts)
    suit_the_camera(values, texts)
    if not values["run_dir"]:
        values["run_dir"] = str(fresh_run(stack.name, now or datetime.now(timezone.utc)))
    if values.get("weights") == "":
        if not shipped_weights().is_file():
            raise ArgumentError(
                f"the shipped policy {shipped_weights()} is missing; restore it with git, or give "
                "weights:=<file>"
            )
        values["weights"] = str(shipped_weights())
    if "agent" in values:
        earlier = newest_weights(Path(str(values["run_dir"])))
        require_agent(earlier or Path(str(values["weights"])), str(values["agent"]))
    if values.get("settings") == "":
        values["settings"] = PLANNING[str(values["planning"])]
    default_robot = values["environment"] == "safereach"
    wanted = "dataset" in values and not texts.get("dataset")
    if wanted and default_robot and demonstrations().is_dir():
        values["dataset"] = str(demonstrations())
    sides = (BOTH, values.get("side", BOTH))
    running = tuple(
        node
        for node in stack.nodes
        if (node.when is None or node.when.holds(values))
        and (sides[1] == BOTH or node.side in sides)
    )
    nodes = tuple(
        replace(
            node,
            parameters={k: settled(v, node, values, running) for k, v in node.parameters.items()},
            files=tuple(name for file in node.files if (name := file.format(**values))),
        )
        for node in running
    )
    return Plan(stack.name, values, nodes)
