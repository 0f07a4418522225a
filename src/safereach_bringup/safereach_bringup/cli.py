"""`./safereach launch`: the stacks as processes, where there is no `ros2 launch`."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import yaml

from safereach_bringup.arguments import ArgumentError, split
from safereach_bringup.command import command
from safereach_bringup.processes import Child, Supervisor
from safereach_bringup.settling import settle
from safereach_bringup.stack_types import Plan, Stack
from safereach_bringup.stacks import STACKS, find

USAGE_ERROR = 2


def launch(
    stack: Annotated[str, typer.Argument(help=f"One of {', '.join(STACKS)}.")],
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Launch arguments, name:=value.")
    ] = None,
    show_args: Annotated[
        bool, typer.Option("--show-args", "-s", help="List the stack's arguments and end.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the command of every node and end.")
    ] = False,
) -> None:
    """Start the nodes of a stack as processes and stop them together."""
    try:
        chosen = find(stack)
        if show_args:
            print(describe(chosen))
            return
        plan = settle(chosen, split(arguments or []))
        status = show(plan) if dry_run else start(plan)
    except ArgumentError as error:
        print(f"error: {error}", file=sys.stderr)
        status = USAGE_ERROR
    raise typer.Exit(status)


def describe(stack: Stack) -> str:
    """The stack's arguments for people."""
    lines = [f"{stack.name}: {stack.description}.", "", "Arguments (name:=value):"]
    for argument in stack.arguments:
        default = f" (default {argument.default})" if argument.default else ""
        lines.append(f"  {argument.name:<20} {argument.help()}{default}")
    return "\n".join(lines)


def show(plan: Plan) -> int:
    """Print the commands; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        for node in plan.nodes:
            print(" ".join(command(plan, node, Path(folder))))
    return 0


def start(plan: Plan) -> int:
    """Run the plan to its end; returns the exit status."""
    folder = Path(plan.run_dir)
    children = [
        Child(
            node.name,
            command(plan, node, folder / "parameters"),
            None if node.terminal else folder / "logs" / f"{node.name}.log",
            node.respawn,
            node.required,
            node.optional,
        )
        for node in plan.nodes
    ]
    record = {"stack": plan.stack, "arguments": dict(plan.values)}
    (folder / "launch.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    environment = dict(os.environ)
    environment.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    environment.setdefault("PYTHONUNBUFFERED", "1")
    environment["ROS_LOG_DIR"] = str(folder / "logs" / "ros")
    environment.setdefault("RCUTILS_COLORIZED_OUTPUT", "0")
    with alone_in_domain(environment.get("ROS_DOMAIN_ID", "0"), plan.namespace):
        say(f"{plan.stack}: {len(children)} nodes; logs in {folder / 'logs'}; Ctrl-C stops")
        status = Supervisor(children, environment, say).run()
    say(f"all nodes stopped; the run is in {folder}")
    return status


def say(text: str) -> None:
    """A line of the launcher's own."""
    print(f"[launch] {text}", file=sys.stderr, flush=True)


@contextmanager
def alone_in_domain(domain: str, namespace: str = "") -> Iterator[None]:
    """Hold a ROS domain (or a namespace in it) on this machine.

    Two stacks in one would drive each other's robots.

    Raises:
        ArgumentError: another launch holds it.
    """
    name = namespace.replace("/", "-")
    path = Path(tempfile.gettempdir()) / f"safereach-domain-{domain}{name}-{os.getuid()}.lock"
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ArgumentError(
                f"another stack runs in ROS domain {domain} (process {lock.read().strip()}): stop "
                "it, or give this one a domain (ROS_DOMAIN_ID=<1 to 101>) or a namespace:="
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
