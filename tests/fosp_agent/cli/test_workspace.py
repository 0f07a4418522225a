"""Touching corners at a terminal: a place that does not do loses none of the others."""

from __future__ import annotations

import io

import numpy as np
import pytest
import yaml

from fosp_agent.cli.workspace import _touched
from fosp_agent.control.workspace import WorkspaceError, as_yaml, box_of

PLACES = [[0.3, -0.2, 0.02], [0.31, -0.2, 0.02], [0.7, 0.2, 0.3], [0.9, 0.0, 0.1], [0.4, 0.0, 0.1]]


def test_a_flat_box_or_a_start_outside_is_said_and_the_touching_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    stays = iter(PLACES)

    def look() -> np.ndarray:
        here = next(stays)
        if here == PLACES[1]:
            raise WorkspaceError("the arm moved by 30 mm: hold it still, and again")
        return np.array([*here, 0.0, 0.0, 0.0])

    monkeypatch.setattr("sys.stdin", io.StringIO("\n\nd\n\nq\ns\nd\ns\nd\n"))
    text = _touched(look, lambda corners, start: as_yaml(box_of(corners, 0.01), "", start))
    said = capsys.readouterr().out
    for words in ("hold it still", "two opposite corners", "'q' is none of", "not in the box"):
        assert words in said
    content = yaml.safe_load(text)
    assert content["/**/command_gate_node"]["ros__parameters"]["box_max"] == [0.69, 0.19, 0.29]
    assert content["/**/reset_node"]["ros__parameters"]["start_pose"][:3] == [0.4, 0.0, 0.1]
