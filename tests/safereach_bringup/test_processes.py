"""The launcher, on small Python processes instead of nodes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from fakes.patience import wait_for
from safereach_bringup.processes import Child, Patience, Supervisor, describe

QUICK = Patience(interrupt=1.0, terminate=0.5, backoff=0.01, longest_backoff=0.05, respawns=3)
FOREVER = "import signal; signal.sigwait([signal.SIGUSR1])"
DEAF = (
    "import signal, pathlib, sys, time\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "pathlib.Path(sys.argv[1]).write_text('deaf')\n"
    "while True: time.sleep(0.1)"
)


def child(tmp_path: Path, name: str, code: str, *arguments: str, **options: bool) -> Child:
    command = [sys.executable, "-I", "-S", "-c", code, *arguments]
    return Child(name, command, tmp_path / f"{name}.log", **options)


def supervise(*children: Child) -> tuple[int, list[str]]:
    lines: list[str] = []
    return Supervisor(children, os.environ, lines.append, QUICK).run(), lines


def alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("status", [0, 3])
def test_the_required_process_gives_the_exit_status(tmp_path, status):
    required = child(tmp_path, "required", f"raise SystemExit({status})", required=True)
    code, _ = supervise(child(tmp_path, "other", FOREVER), required)
    assert code == status


def test_a_required_process_that_was_killed_is_a_failure(tmp_path):
    code, _ = supervise(
        child(tmp_path, "required", "import os; os.kill(os.getpid(), 9)", required=True)
    )
    assert code == 128 + 9


def test_the_others_are_stopped_with_the_required_one(tmp_path):
    other = child(tmp_path, "other", FOREVER)
    supervise(other, child(tmp_path, "required", "", required=True))
    assert other.process is not None
    assert not alive(other.process.pid)


def test_an_unexpected_end_stops_all_and_shows_the_last_words(tmp_path):
    failing = child(tmp_path, "failing", "print('no camera'); raise SystemExit(2)")
    code, lines = supervise(failing, child(tmp_path, "required", FOREVER, required=True))
    assert code == 1
    assert "failing ended unexpectedly (exit status 2)" in lines[0]
    assert "no camera" in lines[0]


def test_a_respawning_process_comes_back_and_its_log_is_kept(tmp_path):
    marker = tmp_path / "lives"
    code = (
        "import pathlib, sys, signal\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "lives = len(path.read_text()) if path.exists() else 0\n"
        "print('life', lives, flush=True)\n"
        "path.write_text('x' * (lives + 1))\n"
        "if lives < 2: raise SystemExit(1)\n"
        "signal.sigwait([signal.SIGUSR1])"
    )
    wait = (
        "import pathlib, sys, time\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "while not path.exists() or len(path.read_text()) < 3: time.sleep(0.01)"
    )
    phoenix = child(tmp_path, "phoenix", code, str(marker), respawn=True)
    status, lines = supervise(
        phoenix, child(tmp_path, "required", wait, str(marker), required=True)
    )
    assert status == 0
    assert (tmp_path / "phoenix.log").read_text().split("\n")[:3] == ["life 0", "life 1", "life 2"]
    assert sum("starts again" in line for line in lines) == 2


def test_respawning_is_given_up_after_some_deaths_in_a_row(tmp_path):
    dying = child(tmp_path, "dying", "raise SystemExit(1)", respawn=True)
    code, lines = supervise(dying, child(tmp_path, "required", FOREVER, required=True))
    assert code == 1
    assert "giving up" in lines[-1]


def test_a_process_deaf_to_signals_is_killed(tmp_path):
    marker = tmp_path / "marker"
    deaf = child(tmp_path, "deaf", DEAF, str(marker))
    wait = (
        "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    )
    supervise(deaf, child(tmp_path, "required", wait, str(marker), required=True))
    assert deaf.process is not None
    assert deaf.process.returncode == -signal.SIGKILL


LAUNCHER = """
import os, sys
from pathlib import Path
from safereach_bringup.processes import Child, Patience, Supervisor
folder = Path(sys.argv[1])
grandchild = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
write = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); "
forever = write + "time.sleep(600)"
children = [
    Child(name, [sys.executable, "-I", "-S", "-c", forever, str(folder / name)], folder / "log")
    for name in ("a", "b")
]
raise SystemExit(Supervisor(children, os.environ, print, Patience(1.0, 0.5)).run())
"""


@pytest.fixture
def launcher(tmp_path):
    """A launcher in a process of its own, and the pids of its two children."""
    source = Path(__file__).resolve().parents[2] / "src" / "safereach_bringup"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", LAUNCHER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(source)},
        start_new_session=True,
    )
    files = [tmp_path / "a", tmp_path / "b"]
    wait_for(lambda: all(path.exists() and path.read_text() for path in files))
    pids = [int(path.read_text()) for path in files]
    yield process, pids
    for pid in (process.pid, *pids):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(launcher, number):
    process, pids = launcher
    process.send_signal(number)
    assert process.wait(10.0) == 130
    assert not any(alive(pid) for pid in pids)


def test_no_process_outlives_a_killed_launcher(launcher):
    process, pids = launcher
    process.kill()
    wait_for(lambda: not any(alive(pid) for pid in pids))


def test_exit_statuses_are_described_in_words():
    assert describe(3) == "exit status 3"
    assert describe(-9) == "killed by SIGKILL"
