"""The launch arguments: declared once, the same for `ros2 launch` and for `./safereach launch`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

Value = bool | int | float | str

NONE = "none"
"""Says that a folder is not wanted, where one would be taken by default."""
ANY_AGENT = "any"
"""Says that the weights may be of any agent."""
KINDS = ("text", "integer", "number", "flag", "file", "folder")
FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class ArgumentError(Exception):
    """A launch argument is unknown or has a value that does not do; the message has the remedy."""


@dataclass(frozen=True)
class Argument:
    """One launch argument."""

    name: str
    default: str
    description: str
    kind: str = "text"
    """One of KINDS; `file` must exist unless it is empty."""
    choices: tuple[str, ...] = ()
    least: int | None = None

    def help(self) -> str:
        """The description, with what may be given."""
        if self.kind == "flag":
            return f"{self.description} [true|false]"
        if self.choices:
            return f"{self.description} [{'|'.join(self.choices)}]"
        return self.description

    def parse(self, text: str) -> Value:
        """The value that a text stands for.

        Raises:
            ArgumentError: it does not do.
        """
        if self.choices and text not in self.choices:
            raise self._wrong(text, f"one of {', '.join(self.choices)}")
        if self.kind == "flag":
            if text.lower() not in FLAGS:
                raise self._wrong(text, "true or false")
            return FLAGS[text.lower()]
        if self.kind in ("integer", "number"):
            return self._number(text)
        if self.kind == "folder" and text == NONE:
            return ""
        if self.kind in ("file", "folder") and text:
            return self._path(text)
        return text

    def _number(self, text: str) -> Value:
        try:
            value = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            kind = "an integer" if self.kind == "integer" else "a number"
            raise self._wrong(text, kind) from None
        if self.least is not None and value < self.least:
            raise self._wrong(text, f"at least {self.least}")
        return value

    def _path(self, text: str) -> str:
        path = Path(text).expanduser().absolute()
        if self.kind == "file" and not path.is_file():
            raise self._wrong(text, "a file that exists")
        return str(path)

    def _wrong(self, text: str, wanted: str) -> ArgumentError:
        return ArgumentError(f"{self.name}:={text} does not do: give {wanted}")


def root() -> Path:
    """The repository: where the shipped models are and where runs go."""
    if folder := os.environ.get("SAFEREACH_ROOT"):
        return Path(folder)
    repository = Path(__file__).resolve().parents[3]
    return repository if (repository / "models").is_dir() else Path.cwd()


def fresh_run(stack: str, now: datetime) -> Path:
    """The folder of a new run, named by its stack and the time."""
    return root() / "runs" / f"{stack}-{now.astimezone(timezone.utc):%Y%m%dT%H%M%SZ}"


ARGUMENTS: tuple[Argument, ...] = (
    Argument(
        "environment",
        "safereach",
        "Simulated robot",
        choices=("safereach", "safety_gymnasium"),
    ),
    Argument(
        "robot",
        "sim",
        "The arm: simulated, a Franka by this project's own node, or a Franka by franka_ros2 and "
        "a CRISP controller, started beside this",
        choices=("sim", "franky", "franka_ros2"),
    ),
    Argument("robot_host", "", "Address of the arm's control unit, for robot:=franky"),
    Argument(
        "workspace",
        "",
        "Parameter file with the workspace box and the start pose of this very robot; without a "
        "box the command gate does not arm",
        "file",
    ),
    Argument(
        "side",
        "all",
        "Which nodes run here: all, those of the computer at the robot, or those of the one that "
        "learns",
        choices=("all", "robot", "trainer"),
    ),
    Argument(
        "task",
        "three_obstacles",
        "Task of the environment: original, obstacle_shape, target_shape or three_obstacles for "
        "safereach; SafetyPointGoal1 and the like for safety_gymnasium",
    ),
    Argument("episodes", "10", "Episodes to run and learn from", kind="integer", least=0),
    Argument("updates_per_episode", "10", "Gradient steps after an episode", "integer", least=0),
    Argument(
        "tests",
        "20",
        "Seeded tests before and after, in the simulator; 0: none (the default with a real robot)",
        "integer",
        least=0,
    ),
    Argument("weights", "", "Weights to start from (default: the shipped policy)", "file"),
    Argument(
        "agent",
        ANY_AGENT,
        "Agent that the weights must be of; any: whichever they are",
        choices=(ANY_AGENT, "fosp", "safedreamer", "dreamerv3", "recovery_rl"),
    ),
    Argument(
        "dataset",
        "",
        "Demonstrations to mix in while learning, or none (default: data/original where it is)",
        "folder",
    ),
    Argument("run_dir", "", "Folder of the run; an earlier one goes on (default: new)", "folder"),
    Argument("seed", "1", "Seed of the policy's and the trainer's randomness", "integer", least=0),
    Argument("seed_base", "1", "Seed of the first episode's scene", "integer", least=0),
    Argument("mode", "sample", "How the policy picks its action", choices=("sample", "greedy")),
    Argument(
        "planning",
        "off",
        "Candidates are followed through the world model before one acts; with "
        "mode:=greedy it stands still more often",
        choices=("off", "on"),
    ),
    Argument(
        "settings",
        "",
        "Acting-time settings instead of those that planning stands for, such as "
        "'planning.horizon=8 shield.enabled=true'",
    ),
    Argument("lockstep", "true", "The simulator waits for the action", "flag"),
    Argument(
        "label",
        "oracle",
        "Who labels: the simulator; you, by ./safereach label; or the operator, by the buttons "
        "held while the episode runs",
        choices=("oracle", "manual", "operator"),
    ),
    Argument(
        "teleop",
        "none",
        "What the operator drives with: joy (./safereach keyboard, or anything that publishes "
        "sensor_msgs/Joy alike), gamepad (the package joy), spacemouse, or spacenav (that package)",
        choices=("none", "joy", "gamepad", "spacemouse", "spacenav"),
    ),
    Argument(
        "camera",
        "simulated",
        "Where the frames come from: the simulator; realsense (camera_node; the default with a "
        "real robot); realsense2_camera (that package, started by you); replay (a recording)",
        choices=("simulated", "realsense", "realsense2_camera", "replay"),
    ),
    Argument("replay", "", "Video or MCAP file that camera:=replay plays", "file"),
    Argument("namespace", "", "Namespace of all nodes, such as arm1 (default: none)"),
    Argument("operator", "operator", "Who is at the robot; written into episodes and labels"),
    Argument("note", "", "The operator's notes; written into episodes and labels"),
    Argument("console", "true", "The operator's page in a browser", "flag"),
    Argument("console_port", "8642", "Its port; 0: any that is free", "integer", least=0),
    Argument(
        "console_host",
        "127.0.0.1",
        "Its address; any but this machine's own asks the page for a token",
    ),
    Argument(
        "monitor",
        "false",
        "Marks, overlay and diagnostics for RViz (safereach.rviz) and Foxglove",
        "flag",
    ),
    Argument("console_token", "", "That token (default: a new one where one is needed)"),
)
"""Every argument of every stack, by what a person is likely to change first."""


PLANNING = {"off": "", "on": "planned"}
"""Acting-time settings that the argument `planning` stands for, by the agent's name of them."""


def shipped_weights() -> Path:
    """The policy that comes with the repository."""
    return root() / "models" / "safereach-small" / "weights.safetensors"


def demonstrations() -> Path:
    """Where ``make demonstrations`` puts what the shipped policy learned from."""
    return root() / "data" / "original"


def parse(arguments: Iterable[Argument], texts: Mapping[str, str]) -> dict[str, Value]:
    """Values of the arguments; the defaults where nothing is given.

    Raises:
        ArgumentError: a name is unknown (the known ones are listed) or a value does not do.
    """
    known = {argument.name: argument for argument in arguments}
    for name in texts:
        if name not in known:
            raise ArgumentError(f"unknown argument '{name}'; there are: {', '.join(known)}")
    return {name: arg.parse(texts.get(name, arg.default)) for name, arg in known.items()}


def split(words: Iterable[str]) -> dict[str, str]:
    """`name:=value` words as a mapping.

    Raises:
        ArgumentError: a word is not of this form.
    """
    pairs = {}
    for word in words:
        name, separator, value = word.partition(":=")
        if not separator or not name:
            raise ArgumentError(f"'{word}' is not an argument: write name:=value")
        pairs[name] = value
    return pairs
