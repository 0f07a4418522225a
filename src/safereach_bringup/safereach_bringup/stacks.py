"""Which nodes run together: the one list behind `ros2 launch` and `./safereach launch`.

Plain data. A parameter that is an ``Arg`` takes the value of that launch argument; a node with a
``when`` is left out unless that argument has that value. Defaults of the parameters lie in
``config/<environment>.yaml``; what stands here overrides them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path

from safereach_bringup.arguments import (
    ANY_AGENT,
    ARGUMENTS,
    Argument,
    ArgumentError,
    Value,
    demonstrations,
    fresh_run,
    shipped_weights,
)
from safereach_bringup.arguments import parse as parse_arguments
from safereach_bringup.weights_header import newest_weights, require_agent


@dataclass(frozen=True)
class Arg:
    """Stands for the value of a launch argument."""

    name: str


@dataclass(frozen=True)
class IfSet:
    """Stands for one of two values, by a launch argument that is a flag."""

    flag: str
    then: Value
    otherwise: Value


@dataclass(frozen=True)
class Unless:
    """Stands for the value of a launch argument, or for nothing where it is the one named."""

    name: str
    nothing: str


@dataclass(frozen=True)
class OtherNodes:
    """Stands for the names of the other nodes that run and are not optional."""


Parameter = Value | Arg | IfSet | Unless | OtherNodes | tuple[str, ...]


@dataclass(frozen=True)
class When:
    """True when a launch argument has a value."""

    argument: str
    value: Value


@dataclass(frozen=True)
class Node:
    """One node of a stack."""

    package: str
    executable: str
    """Also the name of the node."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    remaps: Mapping[str, str] = field(default_factory=dict)
    when: When | None = None
    respawn: bool = False
    """Started again when it dies; all other nodes must live as long as the stack."""
    required: bool = False
    """The stack ends with it, and its exit status is the stack's."""
    optional: bool = False
    """The stack goes on when it cannot be kept alive, and nobody waits for it."""
    terminal: bool = False
    """Speaks to the person at the terminal; the others write log files."""

    @property
    def name(self) -> str:
        """Name of the node in the ROS graph."""
        return self.executable


@dataclass(frozen=True)
class Stack:
    """Nodes that run together."""

    name: str
    description: str
    nodes: tuple[Node, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Plan:
    """A stack with every value settled."""

    stack: str
    values: Mapping[str, Value]
    nodes: tuple[Node, ...]
    """Those that run; their parameters hold values only."""

    @property
    def config(self) -> str:
        """Name of the parameter file, in `config/`."""
        return f"{self.values['environment']}.yaml"

    @property
    def run_dir(self) -> str:
        """Folder of the run, absolute."""
        return str(self.values["run_dir"])


SIMULATED_TIME: Mapping[str, Parameter] = {
    "use_sim_time": Arg("lockstep"),
    "image_reliability": IfSet("lockstep", "reliable", "best_effort"),
}
"""For the nodes that compare stamps: in lockstep time stands still between two commands."""

SIMULATED_ROBOT = (
    Node(
        "fosp_sim_bridge",
        "sim_bridge_node",
        {"environment": Arg("environment"), "task": Arg("task"), "lockstep": Arg("lockstep")},
    ),
    Node("fosp_agent", "observation_node", SIMULATED_TIME),
    Node("fosp_agent", "command_gate_node", SIMULATED_TIME),
)


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
    )


RECORDING = (
    Node(
        "fosp_agent",
        "recorder_node",
        {"run_dir": Arg("run_dir"), "environment": Arg("environment")},
    ),
    Node("fosp_agent", "label_node", {"run_dir": Arg("run_dir")}),
    Node("fosp_sim_bridge", "oracle_label_node", when=When("label", "oracle")),
)

POLICY = Node(
    "fosp_agent",
    "policy_node",
    {
        "weights": Arg("weights"),
        "agent": Unless("agent", ANY_AGENT),
        "mode": Arg("mode"),
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
        "run_dir": Arg("run_dir"),
        "expected_nodes": OtherNodes(),
    },
    required=True,
    terminal=True,
)

LEARNING_ARGUMENTS = frozenset({"episodes", "updates_per_episode", "tests", "dataset"})
POLICY_ARGUMENTS = frozenset({"weights", "agent", "mode", "seed"})


def _arguments(without: frozenset[str]) -> tuple[Argument, ...]:
    return tuple(argument for argument in ARGUMENTS if argument.name not in without)


STACKS: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        Stack(
            "finetune",
            "Episodes one after another, each labelled and learned from, with tests before and "
            "after; ends by itself",
            (
                *SIMULATED_ROBOT,
                session(learn=True, require_policy=True),
                *RECORDING,
                POLICY,
                TRAINER,
                TRIALS,
                console(policy=True),
            ),
            ARGUMENTS,
        ),
        Stack(
            "evaluate",
            "The policy acts, nothing is learned; you call /start_episode",
            (
                *SIMULATED_ROBOT,
                session(learn=False, require_policy=True),
                *RECORDING,
                POLICY,
                console(policy=True),
            ),
            _arguments(LEARNING_ARGUMENTS),
        ),
        Stack(
            "record",
            "Whoever publishes `action` acts, and it is recorded; you call /start_episode",
            (*SIMULATED_ROBOT, session(learn=False, require_policy=False), *RECORDING, console()),
            _arguments(LEARNING_ARGUMENTS | POLICY_ARGUMENTS),
        ),
        Stack(
            "sim",
            "The simulated robot and its session alone; you call /start_episode",
            (*SIMULATED_ROBOT, session(learn=False, require_policy=False), console()),
            _arguments(LEARNING_ARGUMENTS | POLICY_ARGUMENTS | {"label"}),
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
    default_robot = values["environment"] == "safereach"
    wanted = "dataset" in values and not texts.get("dataset")
    if wanted and default_robot and demonstrations().is_dir():
        values["dataset"] = str(demonstrations())
    running = tuple(
        node
        for node in stack.nodes
        if node.when is None or values[node.when.argument] == node.when.value
    )
    nodes = tuple(
        replace(
            node,
            parameters={k: _settled(v, node, values, running) for k, v in node.parameters.items()},
        )
        for node in running
    )
    return Plan(stack.name, values, nodes)


def _settled(
    parameter: Parameter, node: Node, values: Mapping[str, Value], running: tuple[Node, ...]
) -> Parameter:
    if isinstance(parameter, Arg):
        return values[parameter.name]
    if isinstance(parameter, IfSet):
        return parameter.then if values[parameter.flag] else parameter.otherwise
    if isinstance(parameter, Unless):
        value = values[parameter.name]
        return "" if value == parameter.nothing else value
    if isinstance(parameter, OtherNodes):
        others = (other for other in running if other.name != node.name)
        return tuple(other.name for other in others if not other.optional)
    return parameter
