"""What a weights file says about itself, read without the libraries that learn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from safereach_bringup.arguments import ANY_AGENT, ArgumentError

LENGTH = 8
"""Of the header's size at the beginning of a safetensors file [bytes]."""
LARGEST = 1 << 24
"""Header that is believed [bytes]."""


def metadata(path: Path) -> dict[str, str]:
    """The metadata of a safetensors file.

    Raises:
        ArgumentError: it is none.
    """
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(LENGTH), "little")
            header = json.loads(file.read(min(size, LARGEST)))
            return dict(header["__metadata__"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise ArgumentError(f"{path} is not a weights file ({problem}); give another") from None


def require_agent(path: Path, agent: str) -> None:
    """Refuse weights of another agent before anything is started.

    Raises:
        ArgumentError: naming both agents and the remedy.
    """
    if agent == ANY_AGENT:
        return
    found = metadata(path)
    # Files of older versions do not say: there was one agent.
    owner = found.get("agent", "fosp")
    if owner != agent:
        raise ArgumentError(
            f"agent:={agent} does not do: {path} is of the agent '{owner}' (preset "
            f"'{found.get('preset', '')}'); give weights:=<file> made by `./safereach pretrain "
            f"--agent {agent}`, or leave agent out"
        )


SIZES: Mapping[str, Mapping[str, int]] = {
    "safereach": {"image_channels": 3, "pose_size": 6},
    "safety_gymnasium": {"image_channels": 6, "pose_size": 0},
}
"""What the observations of an environment have; a real arm's are those of safereach."""


def require_sizes(path: Path, environment: str) -> None:
    """Refuse weights that were trained on another robot's observations.

    A file that says nothing about it is left to the nodes.

    Raises:
        ArgumentError: naming the sizes.
    """
    try:
        robot = json.loads(metadata(path)["config"])["robot"]
    except (ArgumentError, KeyError, ValueError):
        return
    wanted = SIZES[environment]
    found = {name: robot.get(name) for name in wanted}
    if found != wanted:
        raise ArgumentError(
            f"{path} was trained with {_sizes(found)}, environment:={environment} has "
            f"{_sizes(wanted)}; give weights:=<file> of this robot"
        )


def _sizes(sizes: Mapping[str, int]) -> str:
    return f"images of {sizes['image_channels']} channels and poses of {sizes['pose_size']} numbers"


def newest_weights(run_dir: Path) -> Path | None:
    """The last weights of an earlier run in this folder, if there was one."""
    return max((run_dir / "weights").glob("weights-*.safetensors"), default=None)
