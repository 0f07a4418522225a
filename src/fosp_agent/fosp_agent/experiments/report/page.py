"""docs/results.md: hand-written parts and generated ones, put together by a layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fosp_agent.errors import UserError
from fosp_agent.experiments.report.blocks import Section
from fosp_agent.experiments.report.data import experiments, take_in
from fosp_agent.experiments.report.section import SECTIONS
from fosp_agent.training.files import write_atomically

LAYOUT = "layout.md"
DEFAULT_LAYOUT = """# Results

<!-- generated: safereach -->

<!-- generated: dataset-ablation -->

<!-- generated: readings -->

<!-- fragments -->
"""
NOTICE = (
    "<!-- Written by `./safereach experiment report`: edit the files of {folder}/ instead, and run "
    "it again. -->"
)
DIRECTIVE = re.compile(r"^<!-- (generated|include|fragments)(?:: *(\S+))? -->$", re.MULTILINE)


class PageError(UserError):
    """The layout asks for something that is not there."""


@dataclass(frozen=True)
class Written:
    """What a report consists of."""

    page: Path
    plots: tuple[Path, ...]


def write_page(out: Path, folders: Sequence[Path], *, drop_outdated: bool = False) -> Written:
    """Take in the results of ``folders`` and write the page anew from all that are there.

    Beside ``docs/results.md`` lie, in ``docs/results/``: ``data/`` (the results), ``plots/``, the
    hand-written ``*.md``, and ``layout.md`` with lines such as ``<!-- generated: safereach -->``,
    ``<!-- include: research-log.md -->`` and ``<!-- fragments -->`` (every other one). The same
    inputs give the same bytes.

    Raises:
        FolderError, ResultError, DataError, OutdatedResults: of the folders.
        PageError: the layout names an unknown section or a missing file.
    """
    folder = out.with_suffix("")
    take_in(folders, folder / "data", drop_outdated=drop_outdated)
    sections = _generate(folder, link=f"{folder.name}/plots")
    layout = folder / LAYOUT
    text = layout.read_text(encoding="utf-8") if layout.is_file() else DEFAULT_LAYOUT
    body = DIRECTIVE.sub(lambda match: _fill(match, folder, text, sections), text)
    body = re.sub(r"\n{3,}", "\n\n", body).strip()
    page = f"{NOTICE.format(folder=folder.name)}\n\n{body}\n"
    write_atomically(out, page.encode())
    plots = [
        folder / "plots" / plot for parts in sections.values() for s in parts for plot in s.plots
    ]
    _remove_others(folder / "plots", plots)
    return Written(out, tuple(plots))


def _generate(folder: Path, link: str) -> dict[str, list[Section]]:
    """Kind of an experiment to its sections, by name."""
    sections: dict[str, list[Section]] = {kind: [] for kind in SECTIONS}
    for name, (kind, results) in experiments(folder / "data").items():
        section = Section(name, folder / "plots", link)
        SECTIONS[kind](section, results)
        sections[kind].append(section)
    return sections


def _fill(
    match: re.Match[str], folder: Path, layout: str, sections: dict[str, list[Section]]
) -> str:
    what, name = match.group(1), match.group(2)
    if what == "fragments":
        return "\n\n".join(_read(path) for path in _other_fragments(folder, layout))
    if what == "include":
        return _read(folder / name)
    if name not in sections:
        raise PageError(
            f"{folder / LAYOUT}: no generated section {name!r}; there are {', '.join(sections)}"
        )
    return "\n\n".join(block for section in sections[name] for block in section.blocks)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise PageError(
            f"{path.parent / LAYOUT} includes {path.name}, which cannot be read "
            f"({problem.strerror}); write it, or take the line out"
        ) from problem


def _other_fragments(folder: Path, layout: str) -> list[Path]:
    named = {match.group(2) for match in DIRECTIVE.finditer(layout)} | {LAYOUT, "README.md"}
    return sorted(path for path in folder.glob("*.md") if path.name not in named)


def _remove_others(folder: Path, plots: Sequence[Path]) -> None:
    """Plots of an earlier report that this one does not show."""
    for path in set(folder.glob("*.png")) - set(plots):
        path.unlink()
