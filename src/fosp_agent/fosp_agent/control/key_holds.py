"""A terminal's key strokes as held keys, and those as the axes and buttons of a joystick.

A terminal tells of strokes only, never of a release: a key counts as held for a moment after each
stroke, and the keyboard's own repetition prolongs it.
"""

from __future__ import annotations

from collections.abc import Mapping

AXES: Mapping[str, tuple[int, float]] = {
    "w": (0, 1.0),
    "s": (0, -1.0),
    "a": (1, 1.0),
    "d": (1, -1.0),
    "r": (2, 1.0),
    "f": (2, -1.0),
    "u": (3, 1.0),
    "o": (3, -1.0),
    "i": (4, 1.0),
    "k": (4, -1.0),
    "j": (5, 1.0),
    "l": (5, -1.0),
}
"""Key to axis (x, y, z, roll, pitch, yaw) and direction."""
ENABLE = 0
BUTTONS: Mapping[str, int] = {
    " ": ENABLE,
    "\r": 1,
    "\n": 1,
    "x": 2,
    "\x7f": 3,
    "g": 4,
    "c": 5,
}
"""Key to button: enable, start, stop, discard, reward, cost."""
HELP = """\
  w/s  forward/back     u/o  roll      enter      start an episode
  a/d  left/right       i/k  pitch     x          stop it, keep it
  r/f  up/down          j/l  yaw       backspace  discard it (or the last one)
  space  hold still, but in charge     g / c      mark reward / cost while held
  the arm moves while a motion key is held                            q  quit"""


class KeyHolds:
    """Remembers which keys are held. Times are of a clock that never jumps [s]."""

    def __init__(self, hold: float = 0.15, deflection: float = 1.0) -> None:
        """Start with no key held.

        Args:
            hold: how long a stroke holds its key; longer than the keyboard's repetition [s].
            deflection: of an axis whose key is held, in (0, 1].
        """
        self._hold = hold
        self._deflection = deflection
        self._until: dict[str, float] = {}

    def stroke(self, key: str, now: float) -> None:
        """A key was struck (or repeated)."""
        self._until[key.lower()] = now + self._hold

    def axes(self, now: float) -> list[float]:
        """(6,) deflections in [-1, 1]; opposite keys cancel out."""
        values = [0.0] * 6
        for key, (axis, direction) in AXES.items():
            if self._held(key, now):
                values[axis] += direction * self._deflection
        return values

    def buttons(self, now: float) -> list[int]:
        """One for each button; a held motion key holds the enable button too."""
        values = [0] * (max(BUTTONS.values()) + 1)
        for key, button in BUTTONS.items():
            values[button] |= int(self._held(key, now))
        values[ENABLE] |= int(any(self._held(key, now) for key in AXES))
        return values

    def _held(self, key: str, now: float) -> bool:
        return now < self._until.get(key, float("-inf"))
