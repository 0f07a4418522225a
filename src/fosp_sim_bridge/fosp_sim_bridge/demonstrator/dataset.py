"""A data set of demonstrations in a folder: made once, continued after an interruption."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.types import Episode
from fosp_sim_bridge.demonstrator.collect import demonstrations

DESCRIPTION = "dataset.json"
_MAKER = "safereach demonstrate"


@dataclass(frozen=True)
class Request:
    """What the data set is a function of."""

    task: str
    episodes: int
    seed: int


class DatasetFolderError(UserError):
    """The folder belongs to something else."""


def open_folder(folder: Path, request: Request) -> EpisodeStore:
    """The folder's store: new, or one that the same request began.

    Raises:
        DatasetFolderError: it holds other things, or a data set of another request.
    """
    description = folder / DESCRIPTION
    wanted = {"maker": _MAKER, **asdict(request)}
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


def _finished(store: EpisodeStore) -> set[str]:
    """Names of complete, labelled episodes; what an interruption left over is removed."""
    for path in store.unfinished():
        path.unlink()
    finished = set()
    for name in store.ids():
        if store.info(name).label_revision > 0:
            finished.add(name)
        else:
            store.file(name).unlink()
    return finished


def write_dataset(
    folder: Path, request: Request, on_episode: Callable[[int, Episode | None], None]
) -> int:
    """Demonstrate what is missing of a data set, one file an episode.

    Args:
        folder: where to.
        request: what.
        on_episode: called with the number of episodes there are and the last one written; first
            with those found and None.

    Returns:
        How many were written now.
    """
    store = open_folder(folder, request)
    finished = _finished(store)
    count = len(finished)
    on_episode(count, None)
    for episode in demonstrations(request.task, request.episodes, request.seed, skip=finished):
        store.write(episode)
        count += 1
        on_episode(count, episode)
    return count - len(finished)
