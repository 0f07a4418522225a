"""A folder that holds one data set: made once, continued after an interruption."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError

DESCRIPTION = "dataset.json"


class DatasetFolderError(UserError):
    """The folder belongs to something else."""


def open_folder(folder: Path, wanted: Mapping[str, Any]) -> EpisodeStore:
    """The folder's store: new, or one that the same request began.

    Args:
        folder: where.
        wanted: what the data set is a function of, and who makes it; JSON values.

    Raises:
        DatasetFolderError: it holds other things, or a data set of another request.
    """
    description = folder / DESCRIPTION
    if not description.exists():
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise DatasetFolderError(
                f"{folder} is not empty and holds no {DESCRIPTION} of ours; choose another --out"
            )
        folder.mkdir(parents=True, exist_ok=True)
        description.write_text(json.dumps(wanted, indent=2) + "\n")
        return EpisodeStore(folder)
    try:
        found = json.loads(description.read_text())
    except json.JSONDecodeError as error:
        raise DatasetFolderError(f"{description} is damaged ({error}); remove {folder}") from error
    if found != wanted:
        raise DatasetFolderError(
            f"{folder} holds another data set: {found}; asked for {wanted}; choose another --out"
        )
    return EpisodeStore(folder)


def finished(store: EpisodeStore) -> set[str]:
    """Names of complete, labelled episodes; what an interruption left over is removed."""
    for path in store.unfinished():
        path.unlink()
    names = set()
    for name in store.ids():
        if store.info(name).label_revision > 0:
            names.add(name)
        else:
            store.file(name).unlink()
    return names
