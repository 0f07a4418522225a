"""A generated part of the page: Markdown, and the plots that it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from fosp_agent.experiments.report.figure import save


@dataclass
class Section:
    """Lines of Markdown under construction, and where its plots go."""

    name: str
    """Of the experiment; begins the names of its plots."""
    folder: Path
    """Of the plots."""
    link: str
    """The same as seen from the page."""
    blocks: list[str] = field(default_factory=list)
    plots: list[str] = field(default_factory=list)

    def add(self, *blocks: str) -> None:
        """Paragraphs, tables or headings."""
        self.blocks += blocks

    def plot(self, name: str, figure: Figure | None, caption: str) -> None:
        """Draw and show a picture, if there is one."""
        if figure is None:
            return
        file = f"{self.name}-{name}.png"
        save(figure, self.folder / file)
        self.plots.append(file)
        self.add(f"![{caption}]({self.link}/{file})", f"*{caption}.*")
