"""Writes a folder of episodes in another format: streamed, with progress, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

Progress = Callable[[int, int], None]
"""(episodes written, episodes in all)"""

FORMATS: dict[str, str] = {
    "npz": "fosp_agent.episodes.export.npz:NpzWriter",
    "dsrl": "fosp_agent.episodes.export.dsrl:DsrlWriter",
    "minari": "fosp_agent.episodes.export.minari_dataset:MinariWriter",
    "lerobot": "fosp_agent.episodes.export.lerobot:LeRobotWriter",
}
"""Format to ``module:class``, a `FormatWriter`; loaded only when asked for."""


class ExportError(EpisodeError):
    """A dataset cannot be exported, merged or split."""


class FormatWriter(Protocol):
    """One format.

    Made with the folder to fill, the frames per second, and the observations of
    each episode to come; then given the episodes in that order.
    """

    def __init__(self, folder: Path, rate: float, lengths: Sequence[int]) -> None: ...

    def add(self, episode: Episode) -> None:
        """Write one labelled episode."""
        ...

    def close(self) -> None:
        """Write what is known only at the end; nothing stays open."""
        ...


def labelled_ids(store: EpisodeStore) -> list[str]:
    """Episodes that have a label and were not discarded; only these can be learned from."""
    infos = [store.info(id_) for id_ in store.ids()]
    return [info.id for info in infos if info.label_revision and not info.discarded]


def export(
    store: EpisodeStore, ids: Sequence[str], name: str, out: Path, rate: float, report: Progress
) -> None:
    """Write episodes to a new folder, which appears only when it is complete.

    Args:
        name: one of `FORMATS`.
        rate: decisions a second [Hz], where the format stores times.

    Raises:
        ExportError: nothing to export, an unknown format, a missing library, ``out`` exists, or
            episodes of different shapes; ``out`` is then untouched.
    """
    if not ids:
        raise ExportError(f"{store.path} has no labelled episode; label some first")
    writer_type = _writer_type(name)
    with_folder(out, lambda folder: _fill(store, ids, writer_type, folder, rate, report))


def with_folder(out: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside ``out`` and rename it at the end; an error or Ctrl-C leaves nothing."""
    if out.exists():
        raise ExportError(f"{out} exists already; choose another folder or move it away")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        fill(partial)
        partial.rename(out)
    except OSError as error:
        raise ExportError(
            f"{out} cannot be written ({error.strerror or error}); free disk space or choose "
            "another folder"
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(
    store: EpisodeStore,
    ids: Sequence[str],
    writer_type: type[FormatWriter],
    folder: Path,
    rate: float,
    report: Progress,
) -> None:
    lengths = [store.info(id_).observations for id_ in ids]
    writer: FormatWriter | None = None
    shape: tuple[int, ...] = ()
    try:
        for number, id_ in enumerate(ids):
            episode = store.load(id_)
            found = (*episode.image.shape[1:], episode.pose.shape[1], episode.action.shape[1])
            if shape not in ((), found):
                raise ExportError(
                    f"{id_}: image, pose and action have the sizes {found}, the episodes before it "
                    f"{shape}; keep one robot a folder"
                )
            shape = found
            writer = writer or writer_type(folder, rate, lengths)
            writer.add(episode)
            report(number + 1, len(ids))
    finally:
        if writer is not None:
            writer.close()


def _writer_type(name: str) -> type[FormatWriter]:
    if name not in FORMATS:
        raise ExportError(f"there is no format '{name}'; choose one of {', '.join(FORMATS)}")
    module, _, attribute = FORMATS[name].partition(":")
    try:
        found: type[FormatWriter] = getattr(import_module(module), attribute)
    except ImportError as error:
        raise ExportError(
            f"the format '{name}' needs a library that is missing ({error}); install it with "
            "`.venv/bin/pip install -r requirements/export.txt -c requirements/constraints.txt`"
        ) from error
    return found
