"""The results that a page is made of: copies of ``result.json`` beside it, small and committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class OutdatedResults(DataError):
    """Results that are there began with weights that are about to be replaced."""

    def __init__(self, folder: Path, units: Sequence[str]) -> None:
        few = ", ".join(units[:4]) + (", ..." if len(units) > 4 else "")
        super().__init__(
            f"{folder} holds another training of a unit whose results are there already, and "
            f"{len(units)} of these began with the earlier weights ({few}): together they would "
            "mix two trainings. Run them in that folder too, or have them removed by "
            "--drop-outdated"
        )


def take_in(folders: Sequence[Path], data: Path, *, drop_outdated: bool = False) -> None:
    """Copy the results of experiments' folders into ``data/<folder's name>/``.

    The same seed gives other weights on another machine. What began with weights that are replaced
    does not stay beside what begins with the new ones.

    Args:
        folders: of experiments.
        data: where the results are kept.
        drop_outdated: remove such results.

    Raises:
        FolderError: a folder is no experiment's.
        ResultError: a result cannot be read.
        DataError: a folder has no result yet.
        OutdatedResults: there are such, and they are not to be removed; of that folder nothing was
            written.
    """
    for folder in folders:
        kind_of_folder(folder)
        found = {path: read_result(path) for path in sorted(folder.rglob(RESULT))}
        if not found:
            raise DataError(f"{folder} has no result yet; run its experiment first")
        into = data / folder.resolve().name
        gone = outdated(stored(into), {result.unit: result for result in found.values()})
        if gone and not drop_outdated:
            raise OutdatedResults(folder, gone)
        for path, result in found.items():
            write_atomically(file_of(into, result.unit), path.read_bytes())
        write_atomically(into / MARK, (folder / MARK).read_bytes())
        for unit in gone:
            file_of(into, unit).unlink()


def file_of(folder: Path, unit: str) -> Path:
    """Where the result of a unit is kept."""
    return folder / f"{unit.replace('/', SEPARATOR)}.json"


def stored(folder: Path) -> dict[str, Result]:
    """The results that are kept in a folder, by unit.

    Raises:
        ResultError: one cannot be read.
    """
    results = (read_result(path) for path in sorted(folder.glob("*.json")) if path.name != MARK)
    return {result.unit: result for result in results}


def outdated(there: Mapping[str, Result], new: Mapping[str, Result]) -> list[str]:
    """Units whose results are there, are not new, and began with weights that are replaced."""
    replaced = {
        unit
        for unit, result in new.items()
        if unit in there and there[unit].result.get("sha256") != result.result.get("sha256")
    }
    begun: set[str] = set()
    while found := {
        unit
        for unit, result in there.items()
        if unit not in new and unit not in begun and not (replaced | begun).isdisjoint(result.needs)
    }:
        begun |= found
    return sorted(begun)


def experiments(data: Path) -> dict[str, tuple[str, list[Result]]]:
    """Name of each experiment to its kind and its results, by unit.

    Raises:
        FolderError: a folder without its mark.
        ResultError: a result cannot be read.
    """
    found = {}
    for folder in sorted(path for path in data.glob("*") if path.is_dir()):
        results = stored(folder)
        if results:
            found[folder.name] = (
                kind_of_folder(folder),
                [results[unit] for unit in sorted(results)],
            )
    return found
