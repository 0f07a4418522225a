"""Parameters are declared from a dataclass, with its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter

from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.session_plan import SessionPlan
from fosp_agent.ranges import Range
from fosp_agent.ros.params import ParameterError, convert, current, declare, field_docs

FLOATS = tuple[float, ...]


def test_whole_numbers_do_for_floats_and_nothing_else_is_bent() -> None:
    assert convert("n", "age", float, 1) == 1.0
    assert convert("n", "box", FLOATS, [1, 2.5]) == (1.0, 2.5)
    assert convert("n", "run_dir", Path, "runs/x") == Path("runs/x")
    for kind, value in ((int, 1.5), (bool, 1), (float, True), (str, 3), (FLOATS, "1")):
        with pytest.raises(ParameterError, match="parameter p is"):
            convert("n", "p", kind, value)


def test_every_parameter_of_the_gate_is_described() -> None:
    docs = field_docs(GateConfig)
    assert docs.keys() == set(GateConfig.__dataclass_fields__)
    assert "[m/s]" in docs["max_speed"]


@pytest.fixture
def ros(ros_domain: int) -> Iterator[Context]:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    yield context
    context.try_shutdown()


def node(context: Context, **values: object) -> Node:
    overrides = [Parameter(name, value=value) for name, value in values.items()]
    return Node("test_params", context=context, parameter_overrides=overrides)


def test_declared_parameters_are_read_with_their_overrides(ros: Context) -> None:
    handle = node(ros, task="target_shape", cost_budget=3)
    plan = declare(handle, SessionPlan)
    assert (plan.task, plan.cost_budget, plan.max_steps) == ("target_shape", 3.0, 80)
    assert "Decisions" in handle.describe_parameter("max_steps").description
    handle.set_parameters([Parameter("learn", value=False)])
    assert current(handle, SessionPlan).learn is False
    handle.destroy_node()


def test_a_parameter_of_a_wrong_kind_or_value_is_named(ros: Context) -> None:
    with pytest.raises(ParameterError, match="parameter task is 7"):
        declare(node(ros, task=7), SessionPlan)
    with pytest.raises(ParameterError, match=r"max_steps must be 1 to 1e\+06.*\(0\)"):
        declare(node(ros, max_steps=0), SessionPlan)


@dataclass(frozen=True)
class Bounded:
    share: Annotated[float, Range(0.0, 1.0)] = 0.5
    corner: Annotated[tuple[float, ...], Range(-1.0, 1.0)] = ()


@dataclass(frozen=True)
class Unbounded:
    share: float = 0.5


def test_a_number_outside_its_range_is_refused_in_whatever_form_it_comes(ros: Context) -> None:
    for wrong in (1.5, 2, float("nan")):
        with pytest.raises(ParameterError, match="parameter share .*must be 0 to 1"):
            declare(node(ros, share=wrong), Bounded)
    with pytest.raises(ParameterError, match=r"corner is .*it must be -1 to 1"):
        declare(node(ros, corner=[0.0, -3.0]), Bounded)
    assert declare(node(ros, share=1, corner=[-1, 1]), Bounded) == Bounded(1.0, (-1.0, 1.0))


def test_a_running_node_refuses_a_number_outside_its_range_and_keeps_the_old_one(
    ros: Context,
) -> None:
    handle = node(ros)
    declare(handle, Bounded)
    (answer,) = handle.set_parameters([Parameter("share", value=7.0)])
    assert not answer.successful
    assert current(handle, Bounded).share == 0.5
    handle.destroy_node()


def test_a_number_without_a_range_is_a_mistake_of_the_programmer(ros: Context) -> None:
    with pytest.raises(TypeError, match="Unbounded.share"):
        declare(node(ros), Unbounded)
