"""The definitions embedded in the files are those of the interfaces."""

from __future__ import annotations

from pathlib import Path

import pytest

from fosp_agent.episodes import schema

INTERFACES = Path(__file__).parents[3] / "src" / "fosp_msgs" / "msg"


@pytest.mark.parametrize("name", ["Observation", "Action", "Candidate", "CommandVerdict"])
def test_embedded_definition_equals_the_interface_byte_for_byte(name: str) -> None:
    expected = (INTERFACES / f"{name}.msg").read_bytes()
    assert schema.definition(f"fosp_msgs/msg/{name}").encode() == expected


@pytest.mark.parametrize("type_name", sorted(schema.DEPENDENCIES))
def test_schema_text_holds_every_dependency_once(type_name: str) -> None:
    text = schema.schema_text(type_name)
    for dependency in schema.DEPENDENCIES[type_name]:
        package, _, name = dependency.split("/")
        assert text.count(f"MSG: {package}/{name}\n") == 1
