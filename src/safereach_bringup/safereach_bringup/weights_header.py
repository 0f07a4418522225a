"""What a weights file says about itself, read without the libraries that learn."""

from __future__ import annotations

import json
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


def newest_weights(run_dir: Path) -> Path | None:
    """The last weights of an earlier run in this folder, if there was one."""
    return max((run_dir / "weights").glob("weights-*.safetensors"), default=None)
