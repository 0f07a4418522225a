"""The verbs of a running stack on the command line."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from fosp_agent.cli.main import app
from fosp_agent.control.verbs import EPISODE_VERBS, ROBOT_VERBS


@pytest.mark.parametrize(("command", "verbs"), [("robot", ROBOT_VERBS), ("episode", EPISODE_VERBS)])
def test_what_is_no_verb_is_refused_with_those_there_are(command: str, verbs):
    answer = CliRunner().invoke(app, [command, "dance"], env={"COLUMNS": "160"})
    assert answer.exit_code == 2
    assert f"'dance'; choose one of {', '.join(verbs)}" in answer.output
