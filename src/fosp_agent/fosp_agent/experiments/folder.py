"""The folder of an experiment: which experiment it is of, and all results in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from fosp_agent.errors import UserError
from fosp_agent.training.files import write_atomically

MARK = "experiment.json"
KINDS = ("safereach", "dataset-ablation", "readings")


class FolderError(UserError):
    """A folder is no experiment's, or another's."""


def note_kind(root: Path, kind: str) -> None:
    """Make ``root`` the folder of an experiment; crews may do so at the same moment.

    Raises:
        FolderError: it is of another.
    """
    if not (root / MARK).exists():
        own = root / f"{MARK}.{os.getpid()}"  # two crews must not write into one file
        write_atomically(own, (json.dumps({"experiment": kind}) + "\n").encode())
        own.replace(root / MARK)
    if kind_of_folder(root) != kind:
        raise FolderError(
            f"{root} is of the experiment {kind_of_folder(root)!r}, not {kind!r}; give another "
            "--out"
        )


def kind_of_folder(root: Path) -> str:
    """Which experiment a folder is of.

    Raises:
        FolderError: of none.
    """
    try:
        kind = json.loads((root / MARK).read_text(encoding="utf-8"))["experiment"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise FolderError(
            f"{root} is not the folder of an experiment ({MARK}: {problem}); give the --out of "
            f"`./safereach experiment` {', '.join(KINDS)}"
        ) from problem
    if kind not in KINDS:
        raise FolderError(f"{root / MARK}: unknown experiment {kind!r}; known: {', '.join(KINDS)}")
    return str(kind)
