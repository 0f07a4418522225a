"""``./safereach diagnose`` says what a weights file knows about a folder of episodes."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.cli.main import app
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.training.weights import save_weights


@pytest.fixture
def weights(tmp_path: Path, make_config) -> Path:
    path = tmp_path / "weights.safetensors"
    save_weights(path, FospNetworks(make_config()), version=0)
    return path


@pytest.fixture
def episodes(tmp_path: Path, make_episode) -> Path:
    store = EpisodeStore(tmp_path / "episodes")
    label = np.array([0, 0, 1, 1, 0, 0, 1, 0], np.float32)
    for number in range(4):
        store.write(make_episode(f"trial-{number}-0001", cost=label, reward=label, metadata={}))
    return store.path


def diagnose(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["diagnose", *map(str, arguments)])
    return result.exit_code, result.output


def test_a_table_json_and_a_diagram_of_a_runs_own_episodes(
    weights: Path, episodes: Path, tmp_path: Path
):
    out = tmp_path / "out"
    code, text = diagnose("--weights", weights, "--dataset", episodes, "--all", "--out", out)
    assert code == 0, text
    assert "reachability" in text and "cost_open_5" in text
    record = json.loads((out / "diagnosis.json").read_text())
    assert record["measured"] == "all"
    assert record["episodes"] == 4
    cost = record["signals"]["cost"]
    assert (cost["total"], cost["positives"]) == (32, 12)
    assert 0 <= cost["auc"] <= 1
    assert len(cost["reliability"]["share"]) == 10
    assert record["signals"]["reward"]["calibration_error"] is None
    picture = cv2.imread(str(out / "reliability.png"))
    assert picture.shape[0] > 300
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


def test_only_the_held_out_share_is_measured_unless_all_is_asked_for(
    weights: Path, episodes: Path, tmp_path: Path
):
    arguments = ["--weights", weights, "--dataset", episodes, "--out", tmp_path]
    assert diagnose(*arguments, "--held-out", 0.25)[0] == 0
    assert json.loads((tmp_path / "diagnosis.json").read_text())["episodes"] == 1
    code, text = diagnose(*arguments, "--held-out", 0.05)
    assert code == 2
    assert "too few to hold out" in text
