"""Every parameter of every node says what it is and, if it is a number, how large it may be."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("fosp_msgs", reason="needs the built workspace: make setup")

import rclpy
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from fosp_agent.errors import UserError
from fosp_agent.ros.params import declare, field_ranges

SOURCES = Path(__file__).resolve().parents[3] / "src"
NODES = sorted(
    path
    for folder in ("fosp_agent/fosp_agent/ros", "fosp_sim_bridge/fosp_sim_bridge")
    for path in (SOURCES / folder).glob("*.py")
    if "Node" in path.read_text()
)
NUMBERS = (Parameter.Type.INTEGER, Parameter.Type.DOUBLE,
           Parameter.Type.INTEGER_ARRAY, Parameter.Type.DOUBLE_ARRAY)  # fmt: skip


def calls(path: Path, name: str) -> list[ast.Call]:
    """Calls of a function or method of this name in a file."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        call
        for call in found
        if (isinstance(call.func, ast.Name) and call.func.id == name)
        or (isinstance(call.func, ast.Attribute) and call.func.attr == name)
    ]


def module_of(path: Path) -> ModuleType:
    parts = path.relative_to(SOURCES).with_suffix("").parts[1:]
    return importlib.import_module(".".join(parts))


def configs() -> dict[str, type[Any]]:
    """The dataclasses that nodes declare their parameters from, by node and class."""
    found = {}
    for path in NODES:
        for call in calls(path, "declare"):
            given = call.args[1]
            assert isinstance(given, ast.Name), f"{path.name} declares from an expression"
            if path.stem != "params":
                found[f"{path.stem}-{given.id}"] = getattr(module_of(path), given.id)
    return found


CONFIGS = configs()


@pytest.fixture
def handle(ros_domain: int) -> Iterator[Node]:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    node = Node("test_every_parameter", context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


def test_every_node_declares_its_parameters_from_a_dataclass():
    declaring = {name.partition("-")[0] for name in CONFIGS}
    executables = {path.stem for path in NODES if path.stem.endswith("_node")}
    assert executables <= declaring
    by_hand = [p.name for p in NODES if p.stem != "params" and calls(p, "declare_parameter")]
    assert by_hand == []


@pytest.mark.parametrize("name", CONFIGS)
def test_every_parameter_is_described_and_every_number_has_a_range_with_its_default(
    name: str, handle: Node
) -> None:
    config = CONFIGS[name]
    with contextlib.suppress(UserError):  # some cannot be read before somebody sets them
        declare(handle, config)
    for field in dataclasses.fields(config):
        described = handle.describe_parameter(field.name)
        assert len(described.description) > 3, field.name
        if described.type in [kind.value for kind in NUMBERS]:
            low, high = range_of(described)
            assert low < high, field.name
            assert field_ranges(config)[field.name].holds(field.default), field.name


def range_of(described: ParameterDescriptor) -> tuple[float, float]:
    (found,) = [*described.integer_range, *described.floating_point_range]
    return found.from_value, found.to_value
