"""Merges folders of episodes into one, and splits one into two; files and labels as they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fosp_agent.episodes.check import labelled_kind, split_held_out
from fosp_agent.episodes.export.exporter import ExportError, Progress, with_folder
from fosp_agent.episodes.labels import Label, LabelRecord
from fosp_agent.episodes.store import EpisodeStore

Source = tuple[EpisodeStore, str]


def merge(stores: Sequence[EpisodeStore], out: Path, report: Progress) -> int:
    """Copy every finished episode, every revision of its label with it, into a new folder.

    Raises:
        ExportError: an id is in two of the folders, or ``out`` exists.
    """
    sources = [(store, id_) for store in stores for id_ in store.ids()]
    seen: dict[str, EpisodeStore] = {}
    for store, id_ in sources:
        if id_ in seen:
            raise ExportError(
                f"episode {id_} is in {seen[id_].path} and in {store.path}; remove one of the two"
            )
        seen[id_] = store
    origin = {"merged from": [str(store.path) for store in stores]}
    with_folder(out, lambda folder: _copy(sources, folder, origin, report))
    return len(sources)


def split(
    store: EpisodeStore, fraction: float, train: Path, held_out: Path, report: Progress
) -> tuple[int, int]:
    """Copy an episode into one of two new folders, the same share of each kind held out.

    Returns:
        Episodes in (train, held_out).
    """
    if held_out.exists():
        raise ExportError(f"{held_out} exists already; choose another folder or move it away")
    if held_out.resolve() == train.resolve():
        raise ExportError(f"both parts would go to {train}; give two folders")
    kinds = {id_: labelled_kind(store, id_) for id_ in store.ids()}
    halves = split_held_out(kinds, fraction)
    if not all(halves):
        raise ExportError(
            f"a share of {fraction} of {len(kinds)} episodes leaves one side empty; choose another"
        )
    for ids, out in zip(halves, (train, held_out), strict=True):
        sources = [(store, id_) for id_ in ids]
        origin = {"split from": str(store.path), "held-out share": fraction}
        with_folder(out, lambda folder, s=sources, o=origin: _copy(s, folder, o, report))  # type: ignore[misc]
    return len(halves[0]), len(halves[1])


def _copy(
    sources: Iterable[Source], folder: Path, origin: Mapping[str, object], report: Progress
) -> None:
    listed = list(sources)
    target = EpisodeStore(folder)
    for number, (store, id_) in enumerate(listed):
        store.info(id_)  # a damaged file is named where it lies, not in the folder being filled
        shutil.copy2(store.file(id_), target.file(id_))
        for label in store.labels.revisions(id_):
            target.labels.add(_record(id_, label), relabel=True)
        report(number + 1, len(listed))
    (folder / "dataset.json").write_text(json.dumps({**origin, "episodes": len(listed)}, indent=2))


def _record(id_: str, label: Label) -> LabelRecord:
    return LabelRecord(
        id_, label.reward, label.cost, label.labeller, label.note, label.discard, label.stamp_ns
    )
