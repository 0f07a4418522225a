"""A file that cannot be written ends a command with its name and a way out."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.cli import shipped
from fosp_agent.cli.main import app
from fosp_agent.training import files
from fosp_agent.training.files import write_atomically
from fosp_agent.training.weights import save_weights


def test_an_output_folder_that_is_a_file_is_named(tmp_path: Path, make_config):
    weights, out = tmp_path / "weights.safetensors", tmp_path / "out"
    save_weights(weights, FospNetworks(make_config()), version=0)
    out.write_text("not a folder")
    words = ["finetune", "--weights", str(weights), "--out", str(out), "--trials", "0"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert str(out) in result.output and "give another path" in result.output
    assert "Traceback" not in result.output
    assert out.read_text() == "not a folder"


def test_a_full_disk_is_told_with_the_files_name_and_keeps_the_older(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "checkpoint"
    write_atomically(path, b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)
    assert path.read_bytes() == b"old"


def test_weights_of_another_robot_are_refused_before_a_run_begins(tmp_path: Path, make_config):
    weights = tmp_path / "weights.safetensors"
    sizes = {"robot.image_channels": 6, "robot.camera": ()}
    save_weights(weights, FospNetworks(make_config(sizes)), version=0)
    for verb, more in (("finetune", ["--out", tmp_path / "run"]), ("evaluate", ["--tests", 1])):
        words = [verb, "--weights", weights, *more]
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 2, result.output
        assert "give weights of this robot" in " ".join(result.output.split())
    assert not (tmp_path / "run").exists()


def test_the_shipped_weights_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAFEREACH_ROOT", str(tmp_path / "repository"))
    path = tmp_path / "repository" / shipped.SHIPPED_WEIGHTS
    path.parent.mkdir(parents=True)
    path.touch()
    assert shipped.present(shipped.SHIPPED_WEIGHTS) == path
    assert shipped.present(Path("mine")) == Path("mine")
