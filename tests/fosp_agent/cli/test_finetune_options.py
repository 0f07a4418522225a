"""``./safereach finetune`` goes on with what it began, or says what differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.cli.main import app
from fosp_agent.training import evaluate
from fosp_agent.training.weights import save_weights

Finetune = Callable[..., tuple[int, str]]


@pytest.fixture
def finetune(tmp_path: Path, make_config) -> Finetune:
    """Runs the command on untrained weights, without a trial; exit code and what it said."""
    weights = tmp_path / "weights.safetensors"
    save_weights(weights, FospNetworks(make_config()), version=0)

    def run(*options: object, weights: Path | None = weights) -> tuple[int, str]:
        given = ["--weights", weights] if weights else []
        words = ["finetune", "--out", tmp_path / "run", *given, "--trials", 0, *options]
        result = CliRunner().invoke(app, [str(word) for word in words])
        return result.exit_code, result.output

    return run


def test_the_same_command_goes_on_and_so_does_one_without_the_options(finetune: Finetune):
    assert finetune("--updates", 5, "--seed", 3)[0] == 0
    for code, output in (finetune("--updates", 5, "--seed", 3), finetune(weights=None)):
        assert code == 0
        assert "goes on after 0 trials" in output


@pytest.mark.parametrize(
    "option", [("--updates", 50), ("--seed", 4), ("--set", "actor.beta_cost=77.0")]
)
def test_another_option_is_refused(finetune: Finetune, option: tuple[object, ...]):
    finetune("--updates", 5, "--seed", 3)
    code, output = finetune(*option)
    assert code == 2
    assert "was begun with" in output and "leave these options out" in output


def test_before_and_after_are_tested_with_the_same_acting_settings(
    finetune: Finetune, monkeypatch: pytest.MonkeyPatch
):
    seen: list[tuple[bool, Any]] = []

    def tests(weights: Path, *_: Any, overrides: Any, **__: Any) -> list[evaluate.TestResult]:
        seen.append(("run" in weights.parts, overrides))
        return []

    monkeypatch.setattr(evaluate, "run_tests", tests)
    monkeypatch.setattr(evaluate, "report", lambda _: {})
    assert finetune("--set", "planning.horizon=7", "--tests", 1)[0] == 0
    assert seen == [(False, {"planning.horizon": 7}), (True, None)]


def test_rows_longer_than_an_episode_are_refused_before_a_trial(finetune: Finetune, tmp_path: Path):
    code, output = finetune("--trials", 1, "--set", "training.batch_length=99")
    assert code == 2
    assert "81 observations at most, training.batch_length is 99" in " ".join(output.split())
    assert not (tmp_path / "run" / "episodes").exists()
