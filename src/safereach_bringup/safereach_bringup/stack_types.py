"""What a stack is made of: nodes, their parameters, and what stands for a launch argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from safereach_bringup.arguments import Argument, Value

ROBOT, TRAINER_SIDE, BOTH = "robot", "trainer", "all"
"""The computer at the robot, the one that learns, and one that does both."""


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
class IfIs:
    """Stands for whether a launch argument has a value."""

    name: str
    value: Value


@dataclass(frozen=True)
class OtherNodes:
    """Stands for the names of the other nodes that run and are not optional."""


Parameter = Value | Arg | IfSet | IfIs | Unless | OtherNodes | tuple[str, ...]


@dataclass(frozen=True)
class When:
    """True when a launch argument has a value, or one of some (or, negated, has not)."""

    argument: str
    value: Value | tuple[str, ...]
    negated: bool = False

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Whether it is true of these arguments."""
        wanted = self.value if isinstance(self.value, tuple) else (self.value,)
        return (values[self.argument] in wanted) is not self.negated


@dataclass(frozen=True)
class Node:
    """One node of a stack."""

    package: str
    executable: str
    """Also the name of the node."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    remaps: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    """Further parameter files, in `config/` or by absolute path; {argument} stands for an
    argument's value. An empty name is left out."""
    when: When | None = None
    respawn: bool = False
    """Started again when it dies; all other nodes must live as long as the stack."""
    required: bool = False
    """The stack ends with it, and its exit status is the stack's."""
    optional: bool = False
    """The stack goes on when it cannot be kept alive, and nobody waits for it."""
    terminal: bool = False
    """Speaks to the person at the terminal; the others write log files."""
    side: str = ROBOT
    """Which machine it belongs on, where there are two."""

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
        """Name of the parameter file, in `config/`: of the robot, or of the simulated one."""
        robot = self.values.get("robot", "sim")
        return f"{self.values['environment'] if robot == 'sim' else robot}.yaml"

    @property
    def namespace(self) -> str:
        """Of all nodes: empty, or with a leading slash."""
        name = str(self.values.get("namespace", "")).strip("/")
        return f"/{name}" if name else ""

    @property
    def run_dir(self) -> str:
        """Folder of the run, absolute."""
        return str(self.values["run_dir"])
