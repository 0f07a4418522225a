"""From a node of a plan to the command line that starts it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from safereach_bringup.arguments import ArgumentError
from safereach_bringup.stack_types import Node, Plan

PACKAGE = "safereach_bringup"


def prefixes() -> list[Path]:
    """Where packages are installed, the closest first."""
    return [Path(entry) for entry in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if entry]


def executable(node: Node) -> Path:
    """The file that starts the node.

    Raises:
        ArgumentError: the workspace is not built or not in the environment.
    """
    for prefix in prefixes():
        path = prefix / "lib" / node.package / node.executable
        if os.access(path, os.X_OK):
            return path
    raise ArgumentError(
        f"{node.package}/{node.executable} is not installed: run `make setup`, and start by "
        "`./safereach launch` or with its environment"
    )


def config_file(name: str) -> Path:
    """A file of default parameters, by its name in `config/` or by its absolute path.

    Raises:
        ArgumentError: it is not there.
    """
    if Path(name).is_absolute() and Path(name).is_file():
        return Path(name)
    source = Path(__file__).resolve().parents[1] / "config"
    folders = [prefix / "share" / PACKAGE / "config" for prefix in prefixes()]
    for folder in (*folders, source):
        if (folder / name).is_file():
            return folder / name
    raise ArgumentError(f"no parameter file {name} in {source}: restore it with git")


def parameters(node: Node) -> dict[str, Any]:
    """The node's own parameters, as plain values for YAML or for launch_ros."""
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in node.parameters.items()}
    return {name: value for name, value in values.items() if value != []}


def remaps(plan: Plan, node: Node) -> dict[str, str]:
    """The node's topics under other names; in a namespace, simulated time is the namespace's."""
    clock = {"/clock": f"{plan.namespace}/clock"} if plan.namespace else {}
    return {**clock, **node.remaps}


def command(plan: Plan, node: Node, folder: Path) -> list[str]:
    """The command line; writes the node's parameters into ``folder``.

    Raises:
        ArgumentError: the executable or the parameter file is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{node.name}.yaml"
    own.write_text(yaml.safe_dump({"/**": {"ros__parameters": parameters(node)}}))
    line = [str(executable(node)), "--ros-args", "-r", f"__node:={node.name}"]
    if plan.namespace:
        line += ["-r", f"__ns:={plan.namespace}"]
    for name, other in remaps(plan, node).items():
        line += ["-r", f"{name}:={other}"]
    for file in (plan.config, *node.files):
        line += ["--params-file", str(config_file(file))]
    return [*line, "--params-file", str(own)] if node.parameters else line
