"""The set-up's decisions; the set-up itself is what brought these tests to run."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def setup(tmp_path, monkeypatch) -> ModuleType:
    """The script as a module, at work in a folder of its own."""
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "tools" / "setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "LOGS", tmp_path / "log")
    (tmp_path / ".venv").mkdir()
    return module


def source_jazzy(monkeypatch, folder: Path) -> None:
    (folder / "share" / "rclpy").mkdir(parents=True)
    monkeypatch.setenv("ROS_DISTRO", "jazzy")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/elsewhere:{folder}")


def test_a_sourced_jazzy_is_used_instead_of_wheels(setup, tmp_path, monkeypatch):
    source_jazzy(monkeypatch, tmp_path / "opt")
    assert setup.ros_kind() == "distribution"


def test_the_workspaces_own_environment_is_not_a_distribution(setup, monkeypatch):
    source_jazzy(monkeypatch, setup.VENV)
    assert setup.ros_kind() == "wheels"


def test_another_distribution_is_not_used(setup, tmp_path, monkeypatch):
    source_jazzy(monkeypatch, tmp_path / "opt")
    monkeypatch.setenv("ROS_DISTRO", "humble")
    assert setup.ros_kind() == "wheels"


def test_an_environment_made_with_a_distribution_asks_for_it(setup, monkeypatch):
    (setup.VENV / ".safereach-ros").write_text("distribution")
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    with pytest.raises(setup.SetupError, match=r"source /opt/ros/jazzy/setup\.bash"):
        setup.ros_kind()


def test_an_environment_made_with_wheels_keeps_to_them(setup, tmp_path, monkeypatch):
    (setup.VENV / ".safereach-ros").write_text("wheels")
    source_jazzy(monkeypatch, tmp_path / "opt")
    assert setup.ros_kind() == "wheels"


def test_a_failed_step_names_itself_and_its_log(setup):
    with pytest.raises(setup.SetupError, match=r"(?s)colcon build failed \(exit 3\).*no compiler"):
        setup.run("colcon build", ["sh", "-c", "echo no compiler; exit 3"])
    assert "no compiler" in (setup.LOGS / "colcon-build.log").read_text()


def test_half_installed_wheels_are_installed_again(setup):
    packages = setup.VENV / "lib" / "python3.11" / "site-packages"
    whole, half = packages / "whole-1.dist-info", packages / "half-1.dist-info"
    for folder in (whole, half):
        folder.mkdir(parents=True)
    (whole / "INSTALLER").write_text("pip")
    setup.forget_half_installed()
    assert whole.exists()
    assert not half.exists()


def test_the_builders_paths_are_mended_for_every_python(setup):
    for minor in (10, 11, 12):
        prefix = f"/opt/python/cp3{minor}-cp3{minor}"
        site = f"{prefix}/lib/python3.{minor}/site-packages"
        assert setup.BUILDER_NUMPY.fullmatch(f"{site}/numpy/_core/include")
        assert setup.BUILDER_PYTHON.fullmatch(f"{prefix}/include/python3.{minor}")


def test_the_hash_follows_contents_names_and_words(setup, tmp_path):
    one = tmp_path / "one.txt"
    one.write_text("a")
    first = setup.digest([one], "wheels")
    assert setup.digest([one], "wheels") == first
    assert setup.digest([one], "distribution") != first
    one.write_text("b")
    assert setup.digest([one], "wheels") != first


def test_a_second_setup_waits_for_the_first(setup):
    setup.take_turn()
    folder = setup.LOGS
    probe = subprocess.run(
        ["flock", "--nonblock", str(folder / ".lock"), "true"], capture_output=True, check=False
    )
    assert probe.returncode == 1


def test_every_requirement_is_pinned():
    pinned = {
        line.partition("==")[0]
        for line in (ROOT / "requirements/constraints.txt").read_text().splitlines()
    }
    for group in ("ros", "build", "learn", "sim", "dev"):
        for line in (ROOT / f"requirements/{group}.txt").read_text().splitlines():
            name = line.partition("==")[0].lower()
            assert not name or name.startswith("#") or "==" in line or name in pinned, name
