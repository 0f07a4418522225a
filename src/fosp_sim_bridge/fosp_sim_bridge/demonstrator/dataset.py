"""A data set of demonstrations in a folder: made once, continued after an interruption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from fosp_agent.types import Episode
from fosp_sim_bridge.dataset_folder import finished, open_folder
from fosp_sim_bridge.demonstrator.collect import demonstrations

_MAKER = "safereach demonstrate"


@dataclass(frozen=True)
class Request:
    """What the data set is a function of."""

    task: str
    episodes: int
    seed: int


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
    store = open_folder(folder, {"maker": _MAKER, **asdict(request)})
    there = finished(store)
    count = len(there)
    on_episode(count, None)
    for episode in demonstrations(request.task, request.episodes, request.seed, skip=there):
        store.write(episode)
        count += 1
        on_episode(count, episode)
    return count - len(there)
