"""A part of a dataset: so many episodes of each kind, chosen by a hash of their names."""

from __future__ import annotations

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from fosp_agent.episodes.check import KINDS, kind_of
from fosp_agent.episodes.store import JOURNAL, EpisodeStore
from fosp_agent.errors import UserError


class SubsetError(UserError):
    """A dataset has too few episodes of a kind."""


def choose(kinds: Mapping[str, str], wanted: Mapping[str, int]) -> list[str]:
    """So many of each kind; a smaller part is inside every larger one.

    Args:
        kinds: kind of each episode id.
        wanted: number of episodes of each kind.

    Raises:
        SubsetError: too few of a kind.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for episode_id, kind in kinds.items():
        members[kind].append(episode_id)
    chosen: list[str] = []
    for kind, count in wanted.items():
        if count > len(members[kind]):
            raise SubsetError(
                f"{count} episodes of kind {kind} are asked for, the dataset has "
                f"{len(members[kind])} of them; make more with `./safereach demonstrate`, or "
                f"ask for less (kinds: {', '.join(KINDS)})"
            )
        chosen += sorted(members[kind], key=_hash)[:count]
    return sorted(chosen)


def part_of(dataset: Path, wanted: Mapping[str, int], folder: Path) -> Path:
    """Make ``folder`` a dataset of links to so many episodes of each kind; returns it.

    Raises:
        SubsetError: too few of a kind.
        EpisodeError: the dataset cannot be read.
    """
    store = EpisodeStore.of(dataset)
    episodes = (store.load(episode_id) for episode_id in store.ids())
    chosen = choose({e.id: kind_of(e) for e in episodes if e.labelled}, wanted)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for episode_id in chosen:
        path = store.file(episode_id)
        (folder / path.name).symlink_to(path.resolve())
    shutil.copyfile(store.path / JOURNAL, folder / JOURNAL)
    return folder


def _hash(episode_id: str) -> str:
    return hashlib.sha256(episode_id.encode()).hexdigest()
