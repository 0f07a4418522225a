"""The weights of a run, as the history lists them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fosp_agent.training.weights_files import FOLDER, weights_files

LONGEST_HEADER = 8 << 20


def versions(run_dir: Path) -> list[dict[str, Any]]:
    """Version, updates, episode and time of every weights file, oldest first."""
    found = []
    for path in weights_files(run_dir / FOLDER):
        try:
            metadata = read_header(path).get("__metadata__", {})
            entry = {
                "version": int(metadata["version"]),
                "updates": int(metadata["updates"]),
                "episode_id": str(metadata["episode_id"]),
                "preset": str(metadata.get("preset", "")),
                "made_ms": int(path.stat().st_mtime * 1000),
            }
        except (OSError, ValueError, KeyError):
            continue
        found.append(entry)
    return found


def read_header(path: Path) -> dict[str, Any]:
    """The JSON header of a safetensors file, without its tensors.

    Raises:
        OSError, ValueError: it cannot be read, or is none.
    """
    with path.open("rb") as stream:
        size = int.from_bytes(stream.read(8), "little")
        if size > LONGEST_HEADER:
            raise ValueError(f"{path}: a header of {size} bytes")
        header: dict[str, Any] = json.loads(stream.read(size))
    return header
