"""The results that a page is made of: copies of ``result.json`` beside it, small and committed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fosp_agent.errors import UserError
from fosp_agent.experiments.folder import MARK, kind_of_folder
from fosp_agent.experiments.result import Result, read_result
from fosp_agent.experiments.unit import RESULT
from fosp_agent.training.files import write_atomically

SEPARATOR = "--"
"""Between the parts of a unit's name, in the name of its file."""


class DataError(UserError):
    """There is nothing to write about."""


def take_in(folders: Sequence[Path], data: Path) -> None:
    """Copy the results of experiments' folders into ``data/<folder's name>/``.

    Raises:
        FolderError: a folder is no experiment's.
        ResultError: a result cannot be read.
        DataError: a folder has no result yet.
    """
    for folder in folders:
        kind_of_folder(folder)
        paths = sorted(folder.rglob(RESULT))
        if not paths:
            raise DataError(f"{folder} has no result yet; run its experiment first")
        into = data / folder.resolve().name
        for path in paths:
            unit = read_result(path).unit
            write_atomically(into / f"{unit.replace('/', SEPARATOR)}.json", path.read_bytes())
        write_atomically(into / MARK, (folder / MARK).read_bytes())


def experiments(data: Path) -> dict[str, tuple[str, list[Result]]]:
    """Name of each experiment to its kind and its results, by unit.

    Raises:
        FolderError: a folder without its mark.
        ResultError: a result cannot be read.
    """
    found = {}
    for folder in sorted(path for path in data.glob("*") if path.is_dir()):
        results = [read_result(p) for p in sorted(folder.glob("*.json")) if p.name != MARK]
        if results:
            by_unit = sorted(results, key=lambda result: result.unit)
            found[folder.name] = (kind_of_folder(folder), by_unit)
    return found
