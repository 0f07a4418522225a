"""Which run a command means when it is not told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fosp_agent.errors import UserError

if TYPE_CHECKING:
    from fosp_agent.episodes.store import EpisodeStore


class NoRun(UserError):
    """There is no run to look at."""


def run_folder(given: Path | None) -> Path:
    """The folder given, or the newest of ``runs`` that has a folder of episodes.

    Raises:
        NoRun: there is none.
    """
    if given is not None:
        return given
    runs = Path(os.environ.get("SAFEREACH_ROOT", ".")) / "runs"
    found = [folder.parent for folder in runs.glob("*/episodes") if folder.is_dir()]
    if not found:
        raise NoRun(f"no run with episodes in {runs}; name its folder: --run <folder>")
    return max(found, key=lambda folder: folder.stat().st_mtime)


def episodes_of(run: Path) -> EpisodeStore:
    """The store of a run, or of a folder of episodes.

    Raises:
        EpisodeError: there is no such folder.
    """
    from fosp_agent.episodes.store import EpisodeStore

    return EpisodeStore.of(run)
