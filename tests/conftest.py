"""Fixtures and options shared by all tests."""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Thread pools of the learning tests would fight over the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MUJOCO_GL", "egl")

ROS_MODULES = frozenset(
    {
        "rclpy",
        "fosp_msgs",
        "std_msgs",
        "diagnostic_msgs",
        "visualization_msgs",
        "std_srvs",
        "sensor_msgs",
        "geometry_msgs",
        "builtin_interfaces",
        "rosgraph_msgs",
        "rcl_interfaces",
        "ament_index_python",
        "launch",
        "launch_ros",
    }
)
LAST_DOMAIN = 101
"""Above it, the ports of a domain meet those that Linux hands out."""


class _NoRos:
    """An import finder that knows the ROS modules only to refuse them."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse ROS modules; leave the others to the next finder."""
        if name.partition(".")[0] in ROS_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r} (--no-ros)", name=name)
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --no-ros."""
    parser.addoption(
        "--no-ros",
        action="store_true",
        help="refuse every import of a ROS module, as on a machine without ROS; "
        "tests that need ROS are skipped",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Put the refusal in place before any test module is imported."""
    if config.getoption("--no-ros"):
        loaded = sorted(ROS_MODULES & set(sys.modules))
        if loaded:
            raise pytest.UsageError(f"--no-ros, but already imported: {', '.join(loaded)}")
        sys.meta_path.insert(0, _NoRos())  # type: ignore[arg-type]


def _without_ros(config: pytest.Config) -> str | None:
    """Why tests that need ROS cannot run, or None."""
    if config.getoption("--no-ros"):
        return "needs ROS (--no-ros was given)"
    if importlib.util.find_spec("rclpy") is None:
        return "needs rclpy: run `make setup`"
    if importlib.util.find_spec("fosp_msgs") is None:
        return 'needs the built workspace: run `make setup`, then `eval "$(./safereach env)"`'
    return None


def _needs_ros(path: Path) -> bool:
    relative = path.relative_to(ROOT / "tests")
    return (
        relative.parts[0] in ("integration", "browser")
        or "ros" in relative.parts[:-1]
        or relative.stem.endswith("_node")
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without ROS, do not even import test modules that are about nodes."""
    if collection_path.suffix != ".py" or not config.getoption("--no-ros"):
        return None
    return True if _needs_ros(collection_path) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip, with the reason, what needs a built workspace where there is none."""
    reason = _without_ros(config)
    for item in items:
        if _needs_ros(item.path):
            room = item.path.relative_to(ROOT / "tests").parts[0]
            if room in ("integration", "browser"):
                item.add_marker(getattr(pytest.mark, room))
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


DOMAINS_USED = itertools.count()
"""How many tests of this run had a domain."""


@pytest.fixture
def ros_domain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[int]:
    """A ROS domain of the test's own (1 to 101), for it and the processes that it starts.

    The domain is held by a lock file, so that tests that run side by side, in one run or in
    several on the same machine, never meet.
    """
    import fcntl
    import tempfile

    folder = Path(tempfile.gettempdir()) / f"safereach-test-domains-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    # Not the domain of the test before: what it left to the garbage collector still has ears there.
    start = os.getpid() + next(DOMAINS_USED)
    for offset in range(LAST_DOMAIN):
        domain = 1 + (start + offset) % LAST_DOMAIN
        with (folder / f"{domain}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            monkeypatch.setenv("ROS_DOMAIN_ID", str(domain))
            monkeypatch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
            monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "ros_log"))
            yield domain
            return
    pytest.fail("every ROS domain from 1 to 101 is held by another test")
