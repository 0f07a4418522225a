"""The command line: clear errors, right exit codes, verbs that do not disturb each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fosp_agent.cli import main
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A folder with one good episode of five observations."""
    rng = np.random.default_rng(0)
    zeros = np.zeros(5, np.float32)
    image = rng.integers(0, 256, (5, 64, 64, 3), dtype=np.uint8)
    pose, action = np.zeros((5, 6), np.float32), np.zeros((5, 6), np.float32)
    ended = np.zeros(5, np.bool_)
    EpisodeStore(tmp_path).write(Episode("good", image, pose, action, zeros, zeros, ended))
    return tmp_path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main.app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_good_dataset_passes_and_prints_the_mix(dataset: Path) -> None:
    code, out, _ = run("dataset", "check", dataset, "--observations", 5)
    assert code == 0
    assert "safe_failure" in out
    assert "all 1 files are complete" in out


def test_defect_gives_exit_code_one_and_names_the_file(dataset: Path) -> None:
    code, out, _ = run("dataset", "check", dataset)
    assert code == 1
    assert "good: 5 observations instead of 81" in out


def test_list_shows_good_damaged_and_unfinished_files(dataset: Path) -> None:
    (dataset / "cut.mcap").write_bytes((dataset / "good.mcap").read_bytes()[:20_000])
    EpisodeStore(dataset).writer("begun", {}, [1.0])
    code, out, _ = run("dataset", "list", dataset)
    assert code == 0
    for word in ("good", "unreadable", "unfinished"):
        assert word in out


@pytest.mark.parametrize("verb", ["check", "list"])
def test_missing_and_empty_folder_are_one_clear_line(tmp_path: Path, verb: str) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        code, _, err = run("dataset", verb, folder)
        assert code == 2
        assert err.startswith(f"error: {folder}")
        assert err.count("\n") == 1


def test_repair_of_a_sound_file_is_refused_without_traceback(dataset: Path) -> None:
    code, _, err = run("dataset", "repair", dataset / "good.mcap")
    assert code == 2
    assert "nothing to repair" in err


def test_repair_saves_an_unfinished_file(dataset: Path) -> None:
    whole = (dataset / "good.mcap").read_bytes()
    (dataset / "begun.mcap.active").write_bytes(whole[:-100])
    code, out, _ = run("dataset", "repair", dataset / "begun.mcap.active")
    assert code == 0
    assert "5 observations saved" in out


def test_unavailable_verb_disturbs_no_other(monkeypatch: pytest.MonkeyPatch, dataset: Path) -> None:
    known = {**main.OWN_VERBS, "absent": "no_such_package.cli:app", "typo": "json:no_such_name"}
    monkeypatch.setattr(main, "verbs", lambda: known)
    assert run("dataset", "list", dataset)[0] == 0
    code, out, _ = run("--help")
    assert code == 0
    assert "dataset" in out
    assert "absent" not in out
    for verb in ("absent", "typo"):
        code, _, err = run(verb)
        assert code == 2
        assert f"the verb '{verb}' is not available here" in err


def test_unknown_verb_fails() -> None:
    assert run("no-such-verb")[0] != 0


def test_command_line_starts_without_the_heavy_imports() -> None:
    program = (
        "import sys; import fosp_agent.cli.main as m; m.load_verb('dataset');"
        "print([n for n in ('torch', 'numpy', 'mcap', 'rclpy', 'mujoco') if n in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{program}"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[]"


def test_counts_say_what_is_missing_of_the_papers_four_kinds(dataset: Path) -> None:
    code, out, _ = run("dataset", "counts", dataset)
    rows = {line.split("│")[1].strip(): line.split("│")[2:5] for line in out.splitlines()
            if line.startswith("│")}  # fmt: skip
    assert code == 0
    assert [cell.strip() for cell in rows["safe_failure"]] == ["1", "30", "29"]
    assert [cell.strip() for cell in rows["safe_success"]] == ["0", "120", "120"]
