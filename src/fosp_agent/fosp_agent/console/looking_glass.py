"""The world model behind whichever weights act now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fosp_agent.console.board import Board
from fosp_agent.errors import UserError
from fosp_agent.training.weights_files import FOLDER, weights_file, weights_files

if TYPE_CHECKING:
    from fosp_agent.console.foresight import Foresight


class NoWeights(UserError):
    """There is nothing to look through."""


class LookingGlass:
    """Loads the acting weights when they are first asked for, and anew when others act.

    PyTorch is loaded with them: who never looks stays small. For one thread.
    """

    def __init__(self, board: Board, run_dir: Path, weights: Path | None) -> None:
        """Look through the weights that act.

        Args:
            board: knows which weights act.
            run_dir: its ``weights`` are looked through.
            weights: those that act until the trainer announces others.
        """
        self._board = board
        self._folder, self._first = run_dir / FOLDER, weights
        self._foresight: Foresight | None = None
        self._loaded: Path | None = None

    def current(self) -> Foresight:
        """The world model of the acting weights, or of those that are closest to them.

        Raises:
            NoWeights, WeightsError: there is none, or it cannot be read.
        """
        acting = self._board.piece("acting")
        if self._foresight is None or (acting and acting["sha256"] != self._foresight.sha256):
            path = self._file(acting)
            if self._foresight is None or path != self._loaded:
                from fosp_agent.console.foresight import Foresight

                self._foresight, self._loaded = Foresight(path), path
        return self._foresight

    def _file(self, acting: dict[str, Any] | None) -> Path:
        """The file of the acting weights, or of those that are closest to it."""
        announced = self._board.piece("announced")
        paths = [Path(announced["path"])] if announced and _same(announced, acting) else []
        if acting:
            paths.append(weights_file(self._folder, acting["version"]))
        paths += [self._first] if self._first else []
        paths += weights_files(self._folder)[-1:]
        for path in paths:
            if path.is_file():
                return path
        raise NoWeights(
            "no weights file on this machine, so no world model to look through: give this "
            "node the parameter 'weights'"
        )


def _same(announced: dict[str, Any], acting: dict[str, Any] | None) -> bool:
    return acting is None or announced["sha256"] == acting["sha256"]
