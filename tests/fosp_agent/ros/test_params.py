"""Parameters are declared from a dataclass, with its words."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from fosp_agent.control.command_gate import GateConfig
from fosp_agent.ros.params import ParameterError, convert, field_docs

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
