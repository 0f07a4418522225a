"""How a training is doing: a live line on a terminal, a line at times elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

SHOWN = ("image", "reward", "cost")
"""Losses of the world model that are shown."""


class TrainingProgress:
    """Steps done, steps a second, time left and losses."""

    def __init__(self, steps: int, done: int, *, quiet: bool = False) -> None:
        """Begin.

        Args:
            steps: gradient steps in all.
            done: of them, before this process.
            quiet: say nothing at all.
        """
        self._console = Console(quiet=quiet)
        self._steps, self._first = steps, done
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("the first steps", total=steps, completed=done)

    def __enter__(self) -> TrainingProgress:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        """A line of its own, above the bar."""
        self._console.print(text, soft_wrap=True, highlight=False)

    def warn(self, text: str) -> None:
        """The same, loudly."""
        self._console.print(f"[bold white on red] WARNING [/] [bold]{text}[/]", soft_wrap=True)

    def show(self, done: int, metrics: dict[str, float]) -> None:
        """Steps done, and the latest metrics."""
        rate = (done - self._first) / self.seconds
        losses = "  ".join(
            f"{name} {metrics[f'loss/{name}']:.3g}" for name in SHOWN if f"loss/{name}" in metrics
        )
        text = f"{rate:.2f} steps/s  {losses}"
        self._bar.update(self._task, completed=done, description=text)
        if not self._console.is_terminal:
            left = (self._steps - done) / rate if rate else 0.0
            self.say(f"step {done}/{self._steps}  {text}  {left / 60:.1f} min left")
