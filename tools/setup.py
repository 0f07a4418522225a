"""Set-up from nothing, in steps that resume: Debian packages, venv, wheels, CMake mend, colcon.

Each step leaves a stamp (a hash of what it was made from) beside what it made, so a second call
costs a few file reads, and a call after an interrupted one goes on where that one stopped.
Standard library only; started by setup.sh with `python -I -S`.
"""

from __future__ import annotations

import ctypes.util
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
INSTALL = ROOT / "install"
LOGS = ROOT / "log" / "setup"
ENVIRONMENT = INSTALL / "safereach.env"

# Which Debian package brings what, and how to see that it is missing.
COMMANDS = {"cmake": "cmake", "g++": "g++", "make": "make"}
LIBRARIES = {"EGL": "libegl1", "GL": "libgl1"}
MESA_DRIVERS = ("/usr/lib/*/dri/swrast_dri.so", "/usr/lib/*/libgallium-*.so")

# The builder's paths inside the wheels' CMake files, and what they should say here.
BUILDER_NUMPY = re.compile(
    r"/opt/python/cp3\d+-cp3\d+/lib/python3\.\d+/site-packages/numpy/_?core/include"
)
BUILDER_PYTHON = re.compile(r"/opt/python/cp3\d+-cp3\d+/include/python3\.\d+")

# What a sourced workspace sets and a node needs.
VARIABLES = (
    "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH", "PYTHONPATH",
    "LD_LIBRARY_PATH", "PATH", "ROS_DISTRO", "ROS_VERSION", "ROS_PYTHON_VERSION",
)  # fmt: skip


HELD: list[int] = []
"""The lock's descriptor. Children inherit it: while one lives, no other set-up touches its work."""


class SetupError(Exception):
    """A step failed; the message says which, why, and where to look."""


def say(text: str) -> None:
    """Print a line of progress at once."""
    print(f"set-up: {text}", flush=True)


def run(step: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Run a command with its output in a log file; on a terminal show its latest line."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{re.sub(r'[^a-z0-9]+', '-', step.lower())}.log"
    started = time.monotonic()
    say(f"{step} ... (log: {log.relative_to(ROOT)})")
    with log.open("ab") as sink:
        sink.write(f"$ {shlex.join(command)}\n".encode())
        sink.flush()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=HELD,
        )
        assert process.stdout is not None
        for line in process.stdout:
            sink.write(line)
            if sys.stdout.isatty():
                text = line.decode(errors="replace").strip()[:90]
                print(f"\r\033[K  {time.monotonic() - started:4.0f} s  {text}", end="", flush=True)
        code = process.wait()
    if sys.stdout.isatty():
        print("\r\033[K", end="")
    if code != 0:
        tail = log.read_text(errors="replace").splitlines()[-15:]
        raise SetupError(
            f"{step} failed (exit {code}). The end of {log}:\n  " + "\n  ".join(tail)
            + "\nRun the same make command again once that is mended: it goes on from here."
        )  # fmt: skip
    say(f"{step}: done in {time.monotonic() - started:.0f} s")


def take_turn() -> None:
    """Wait until no other set-up of this checkout, nor a child that outlived one, is at work."""
    LOGS.mkdir(parents=True, exist_ok=True)
    lock = os.open(LOGS / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("another set-up of this checkout is at work; waiting for it ...")
        fcntl.flock(lock, fcntl.LOCK_EX)
    HELD.append(lock)


def digest(files: Iterable[Path], *words: str) -> str:
    """Hash of the names and contents of files, and of some words."""
    total = hashlib.sha256("\0".join(words).encode())
    for path in sorted(files):
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def stamped(stamp: Path, value: str) -> bool:
    """Whether the stamp is there and says this."""
    return stamp.is_file() and stamp.read_text() == value


def sourced_distribution() -> bool:
    """Whether a ROS 2 Jazzy distribution with rclpy is sourced (in this shell)."""
    if os.environ.get("ROS_DISTRO") != "jazzy":
        return False
    prefixes = [Path(p) for p in os.environ.get("AMENT_PREFIX_PATH", "").split(":") if p]
    return any(
        (prefix / "share" / "rclpy").is_dir() and not prefix.is_relative_to(VENV)
        for prefix in prefixes
    )


def ros_kind() -> str:
    """What the environment was made with, else what is sourced: "distribution" or "wheels"."""
    found = "distribution" if sourced_distribution() else "wheels"
    marker = VENV / ".safereach-ros"
    if not marker.is_file():
        return found
    made_with = marker.read_text()
    if made_with == "distribution" and found == "wheels":
        raise SetupError(
            "the environment was made with a sourced ROS 2 Jazzy, and none is sourced here. "
            "Source it (source /opt/ros/jazzy/setup.bash), or remove .venv, build and install "
            "to use wheels instead."
        )
    if made_with != found:
        say("keeps to the ROS wheels it was made with; to use the sourced ROS, remove .venv")
    return made_with


# --- Debian packages ------------------------------------------------------------------------


def missing_packages() -> list[str]:
    """Debian packages that the set-up and the simulator need and that are not there."""
    missing = [package for command, package in COMMANDS.items() if not shutil.which(command)]
    missing += [p for name, p in LIBRARIES.items() if ctypes.util.find_library(name) is None]
    if not any(list(Path("/").glob(pattern[1:])) for pattern in MESA_DRIVERS):
        missing.append("libgl1-mesa-dri")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    include = Path(sysconfig.get_paths()["include"])
    if not (include / "Python.h").is_file():
        missing.append(f"{version}-dev")
    if not (Path(os.__file__).parent / "ensurepip").is_dir():
        missing.append(f"{version}-venv")
    return missing


def install_packages() -> None:
    """Install what is missing, or say the one line that does.

    Raises:
        SetupError: something is missing and cannot be installed from here.
    """
    missing = missing_packages()
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    script = f"apt-get update && {shlex.join(install)}"
    if not shutil.which("apt-get"):
        raise SetupError(f"missing, and no apt-get here: {', '.join(missing)}")
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if (
            not sudo
            or subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode
            != 0
        ):
            raise SetupError(f"sudo sh -c {shlex.quote(script)}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    command = [*prefix, "sh", "-c", f"export DEBIAN_FRONTEND=noninteractive; {script}"]
    run(f"Debian packages ({' '.join(missing)})"[:70], command)


# --- virtual environment and wheels ---------------------------------------------------------


def make_venv(kind: str) -> None:
    """Make .venv unless a working one is there."""
    if PYTHON.exists():
        works = subprocess.run(
            [str(PYTHON), "-I", "-m", "pip", "--version"], capture_output=True, check=False
        )
        if works.returncode == 0:
            return
        say("the virtual environment is broken or half made: making it anew")
        shutil.rmtree(VENV)
    options = ["--system-site-packages"] if kind == "distribution" else []
    base = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    run("virtual environment", [base, "-m", "venv", *options, str(VENV)])


def forget_half_installed() -> None:
    """Remove the records of half installed wheels (pip writes INSTALLER last)."""
    for info in VENV.glob("lib/python3*/site-packages/*.dist-info"):
        if not (info / "INSTALLER").is_file():
            shutil.rmtree(info)


def requirement_groups(kind: str) -> list[str]:
    """Names of the requirement files to install."""
    if kind == "wheels":
        return ["ros", "build", "learn", "sim", "dev"]
    # colcon runs under the venv's Python, so that the nodes do too.
    has_colcon = subprocess.run(
        [str(PYTHON), "-c", "import colcon_core"], capture_output=True, check=False
    )
    build = ["build"] if has_colcon.returncode else []
    return [*build, "learn", "sim", "dev"]


def install_wheels(kind: str) -> str:
    """Install the pinned wheels and mend their CMake files; returns a hash of what is there."""
    requirements = ROOT / "requirements"
    value = digest(requirements.glob("*.txt"), kind, sys.version, str(ROOT))
    stamp = VENV / ".safereach-wheels"
    if stamped(stamp, value):
        return value
    make_venv(kind)
    (VENV / ".safereach-ros").write_text(kind)
    stamp.unlink(missing_ok=True)
    forget_half_installed()
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    groups = [w for g in requirement_groups(kind) for w in ("-r", str(requirements / f"{g}.txt"))]
    run("wheels", [*pip, "-c", str(requirements / "constraints.txt"), *groups])
    extra = str(requirements / "sim-no-deps.txt")
    run("wheels without their dependencies", [*pip, "--no-deps", "-r", extra])
    if kind == "wheels":
        mend_cmake()
    stamp.write_text(value)
    return value


def mend_cmake() -> None:
    """Let the wheels' CMake files speak of this machine instead of their builder's."""
    tell = (
        "import numpy, sysconfig; print(numpy.get_include()); "
        "print(sysconfig.get_paths()['include'])"
    )
    answer = subprocess.run(
        [str(PYTHON), "-c", tell], check=True, capture_output=True, text=True
    ).stdout.split("\n")
    mended = 0
    for path in (VENV / "share").rglob("*.cmake"):
        text = path.read_text()
        new = BUILDER_PYTHON.sub(answer[1], BUILDER_NUMPY.sub(answer[0], text))
        if new != text:
            path.write_text(new)
            mended += 1
    say(f"CMake files of the wheels: {mended} mended")


# --- build and environment ------------------------------------------------------------------


def build_inputs() -> list[Path]:
    """The files whose change asks for a new build. Python modules are linked, so not they."""
    names = ("package.xml", "setup.py", "setup.cfg", "CMakeLists.txt")
    patterns = [f"*/{name}" for name in names]
    patterns += ["fosp_msgs/msg/*.msg", "fosp_msgs/srv/*.srv"]
    patterns += ["safereach_bringup/launch/*.py", "safereach_bringup/config/*.yaml"]
    return [path for pattern in patterns for path in (ROOT / "src").glob(pattern)]


def build_environment(kind: str) -> dict[str, str]:
    """The environment in which colcon builds."""
    environment = dict(os.environ)
    environment["PATH"] = f"{VENV / 'bin'}:{environment['PATH']}"
    environment["VIRTUAL_ENV"] = str(VENV)
    if kind == "wheels":
        for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "COLCON_PREFIX_PATH", "PYTHONHOME"):
            environment.pop(name, None)
        environment["AMENT_PREFIX_PATH"] = environment["CMAKE_PREFIX_PATH"] = str(VENV)
        libraries = [VENV / "lib", *sorted(VENV.glob("lib/python3*/site-packages/ros_*.libs"))]
        environment["LD_LIBRARY_PATH"] = ":".join(map(str, libraries))
        environment["_ROS_WHEELS_BOOTSTRAP_COMPLETE"] = "1"
    return environment


def build(kind: str, wheels: str) -> None:
    """Build the packages with colcon and write the environment file."""
    value = digest([*build_inputs(), Path(__file__)], kind, wheels, str(ROOT))
    stamp = INSTALL / ".safereach-build"
    if stamped(stamp, value) and ENVIRONMENT.is_file():
        return
    stamp.unlink(missing_ok=True)
    environment = build_environment(kind)
    colcon = [str(PYTHON), "-m", "colcon", "build"]
    arguments = ["--symlink-install", "--base-paths", "src", "--cmake-args"]
    definitions = [f"-DPython3_EXECUTABLE={PYTHON}", "-DBUILD_TESTING=OFF"]
    run("colcon build", [*colcon, *arguments, *definitions], environment)
    write_environment(kind, environment)
    stamp.write_text(value)


def write_environment(kind: str, environment: dict[str, str]) -> None:
    """Keep what sourcing the workspace sets, so that no command has to source it again."""
    source = f"source {shlex.quote(str(INSTALL / 'local_setup.bash'))} >/dev/null && env -0"
    output = subprocess.run(
        ["bash", "-c", source], env=environment, check=True, capture_output=True
    ).stdout
    values = dict(item.split("=", 1) for item in output.decode().split("\0") if "=" in item)
    homes = [str(VENV), *values["AMENT_PREFIX_PATH"].split(":")]
    added = [entry for entry in values["PATH"].split(":") if entry.startswith(tuple(homes))]
    values["PATH"] = ":".join(dict.fromkeys(added))
    lines = [f"export {name}={shlex.quote(values[name].strip(':'))}"
             for name in VARIABLES if name != "PATH" and values.get(name)]  # fmt: skip
    if kind == "wheels":
        lines.append("export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1")
    lines += [
        f'export PATH={shlex.quote(values["PATH"])}:"$PATH"',
        f"export VIRTUAL_ENV={shlex.quote(str(VENV))}",
        f"export SAFEREACH_ROOT={shlex.quote(str(ROOT))}",
        f"export SAFEREACH_PYTHON={shlex.quote(str(PYTHON))}",
        'export MUJOCO_GL="${MUJOCO_GL:-egl}"',
        'export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"',
    ]
    temporary = ENVIRONMENT.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n")
    temporary.rename(ENVIRONMENT)


def main() -> int:
    """Do every step that is not done yet; returns the exit status."""
    started = time.monotonic()
    try:
        take_turn()
        fresh = not (INSTALL / ".safereach-build").is_file()
        kind = ros_kind()
        if fresh:
            install_packages()
        build(kind, install_wheels(kind))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; the same make command goes on from here", file=sys.stderr)
        return 130
    if fresh:
        say(f"ready after {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
