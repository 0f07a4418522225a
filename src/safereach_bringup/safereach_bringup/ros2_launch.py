"""The same stacks for `ros2 launch`. Only launch files import this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    SetEnvironmentVariable,
)
from launch.events import Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node as NodeAction

from safereach_bringup.command import config_file, parameters, remaps
from safereach_bringup.processes import Patience
from safereach_bringup.settling import settle
from safereach_bringup.stack_types import Node, Plan, Stack
from safereach_bringup.stacks import find


def describe_stack(name: str) -> LaunchDescription:
    """The launch description of a stack: its arguments, and its nodes once those are known."""
    stack = find(name)
    declared = [
        DeclareLaunchArgument(
            argument.name,
            default_value=argument.default,
            description=argument.help(),
        )
        for argument in stack.arguments
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=_actions, args=[stack])])


def _actions(context: LaunchContext, stack: Stack) -> list[Any]:
    texts = {
        argument.name: LaunchConfiguration(argument.name).perform(context)
        for argument in stack.arguments
    }
    plan = settle(stack, texts)
    folder = Path(plan.run_dir)
    folder.mkdir(parents=True, exist_ok=True)
    record = {"stack": plan.stack, "arguments": dict(plan.values)}
    (folder / "launch.yaml").write_text(yaml.safe_dump(record, sort_keys=False))
    return [
        SetEnvironmentVariable("PYTHONUNBUFFERED", "1"),
        LogInfo(msg=f"{plan.stack}: {len(plan.nodes)} nodes; the run is in {folder}"),
        *(_node(plan, node) for node in plan.nodes),
    ]


def _node(plan: Plan, node: Node) -> NodeAction:
    """One node; all but those that respawn end the launch with their own end."""
    patience = Patience()
    own = [parameters(node)] if node.parameters else []
    return NodeAction(
        package=node.package,
        executable=node.executable,
        name=node.name,
        parameters=[*(str(config_file(file)) for file in (plan.config, *node.files)), *own],
        namespace=plan.namespace or None,
        remappings=list(remaps(plan, node).items()),
        output="screen" if node.terminal else {"both": "log", "stderr": "screen"},
        respawn=node.respawn,
        respawn_delay=patience.backoff,
        respawn_max_retries=patience.respawns,
        sigterm_timeout=str(patience.interrupt),
        sigkill_timeout=str(patience.terminate),
        on_exit=None if node.respawn else [EmitEvent(event=Shutdown(reason=f"{node.name} ended"))],
    )
