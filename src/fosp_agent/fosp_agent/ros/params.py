"""A node's parameters as a dataclass: declared, described, typed, and read at once."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import (
    InvalidParameterTypeException,
    InvalidParameterValueException,
    ParameterUninitializedException,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from fosp_agent.errors import UserError
from fosp_agent.ranges import Range

ConfigT = TypeVar("ConfigT")

_TYPES: dict[Any, Parameter.Type] = {
    bool: Parameter.Type.BOOL,
    int: Parameter.Type.INTEGER,
    float: Parameter.Type.DOUBLE,
    str: Parameter.Type.STRING,
    Path: Parameter.Type.STRING,
    tuple[int, ...]: Parameter.Type.INTEGER_ARRAY,
    tuple[float, ...]: Parameter.Type.DOUBLE_ARRAY,
    tuple[str, ...]: Parameter.Type.STRING_ARRAY,
}


_WHOLE = (int, tuple[int, ...])
_NUMBERS = (*_WHOLE, float, tuple[float, ...])


class ParameterError(UserError):
    """A parameter has the wrong type or value."""


def declare(node: Node, config_class: type[ConfigT]) -> ConfigT:
    """Declare one parameter per field of a dataclass, with its docstring, and read them all.

    Whole numbers are taken for floats. Fields may be bool, int, float, str, Path,
    a tuple of int, float or str (``tuple[float, ...]``), and need defaults. Those that are numbers
    need a `Range` too: ``Annotated[float, Range(1.0, 100.0)]``.

    Raises:
        ParameterError: names the parameter, what came, and what is expected.
        TypeError: a number has no range.
    """
    types, described = get_type_hints(config_class), field_docs(config_class)
    ranges = field_ranges(config_class)
    for field in dataclasses.fields(config_class):  # type: ignore[arg-type]
        kind, allowed = types[field.name], ranges.get(field.name)
        descriptor = ParameterDescriptor(
            description=described.get(field.name, ""),
            dynamic_typing=True,
            type=_TYPES[kind].value,
            integer_range=_whole(allowed) if allowed and kind in _WHOLE else [],
            floating_point_range=_real(allowed) if allowed and kind not in _WHOLE else [],
        )
        try:
            node.declare_parameter(field.name, _to_ros(field.default), descriptor)
        except (InvalidParameterTypeException, ParameterUninitializedException) as problem:
            raise ParameterError(f"{node.get_name()}: parameter {field.name}: {problem}") from None
        except InvalidParameterValueException as problem:
            where = f"{node.get_name()}: parameter {field.name}"
            raise ParameterError(f"{where} must be {allowed}: {problem}") from None
    return current(node, config_class)


def current(node: Node, config_class: type[ConfigT]) -> ConfigT:
    """The values that declared parameters have now.

    Raises:
        ParameterError: as of `declare`.
    """
    types, ranges = get_type_hints(config_class), field_ranges(config_class)
    values = {}
    for field in dataclasses.fields(config_class):  # type: ignore[arg-type]
        name = field.name
        value = convert(node.get_name(), name, types[name], node.get_parameter(name).value)
        if name in ranges and not ranges[name].holds(value):
            raise _outside(node.get_name(), name, value, ranges[name])
        values[name] = value
    return config_class(**values)


def convert(node_name: str, name: str, kind: Any, value: Any) -> Any:
    """A parameter's value as the type of its field.

    Raises:
        ParameterError: it is of another type.
    """
    expected = _TYPES[kind].name.lower().replace("_", " ")
    problem = ParameterError(f"{node_name}: parameter {name} is {value!r}; it must be a {expected}")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in (bool, int, float, str):
        if type(value) is not kind:
            raise problem
        return value
    if kind is Path:
        if not isinstance(value, str):
            raise problem
        return Path(value).expanduser()
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        raise problem
    member = get_args(kind)[0]
    try:
        return tuple(member(item) for item in value)
    except (TypeError, ValueError):
        raise problem from None


def field_ranges(config_class: type[Any]) -> dict[str, Range]:
    """The range of every field of a dataclass that is a number or an array of some.

    Raises:
        TypeError: one has none.
    """
    plain = get_type_hints(config_class)
    found = {}
    for name, kind in get_type_hints(config_class, include_extras=True).items():
        ranges = [one for one in getattr(kind, "__metadata__", ()) if isinstance(one, Range)]
        if plain[name] in _NUMBERS and not ranges:
            raise TypeError(f"{config_class.__name__}.{name} is a number: annotate its Range")
        if ranges:
            found[name] = ranges[0]
    return found


def _outside(node_name: str, name: str, value: Any, allowed: Range) -> ParameterError:
    return ParameterError(f"{node_name}: parameter {name} is {value!r}; it must be {allowed}")


def _whole(allowed: Range) -> list[IntegerRange]:
    return [IntegerRange(from_value=int(allowed.low), to_value=int(allowed.high))]


def _real(allowed: Range) -> list[FloatingPointRange]:
    return [FloatingPointRange(from_value=float(allowed.low), to_value=float(allowed.high))]


def _to_ros(default: Any) -> Any:
    if isinstance(default, Path):
        return str(default) if default != Path() else ""
    return list(default) if isinstance(default, tuple) else default


def field_docs(config_class: type[Any]) -> dict[str, str]:
    """The docstring under each field of a dataclass; empty where the source is not at hand."""
    try:
        source = inspect.getsource(config_class)
    except OSError:
        return {}
    pattern = r"^    (\w+): [^\n]+\n    \"\"\"(.*?)\"\"\""
    found = re.finditer(pattern, source, re.MULTILINE | re.DOTALL)
    return {match[1]: " ".join(match[2].split()) for match in found}
