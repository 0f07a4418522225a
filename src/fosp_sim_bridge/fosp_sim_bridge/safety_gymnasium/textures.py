"""Textures that the wheel of ``safety_gymnasium`` 1.0.0 names in ``configs/assets.yaml`` but lacks.

Drawn here, from noise: what the village, its bushes, cliffs, walls and doors are covered with. Each
is a function of its name, (SIDE, SIDE, 3) uint8.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float64]
Colour = tuple[int, int, int]

SIDE = 256
"""Pixels."""


def noise(rng: np.random.Generator, cells: int) -> Field:
    """Smooth noise in [0, 1] (SIDE, SIDE) with ``cells`` bumps a side; periodic."""
    grid = rng.uniform(size=(cells, cells))
    grid = np.pad(grid, 1, mode="wrap")
    step = SIDE // cells
    big = cv2.resize(grid, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
    inner = big[step : step + SIDE, step : step + SIDE]
    field: Field = np.clip(inner, 0.0, 1.0)
    return field


def rough(rng: np.random.Generator) -> Field:
    """Noise of several sizes in [0, 1]."""
    layers = [noise(rng, cells) / weight for weight, cells in ((1, 4), (2, 16), (4, 64))]
    total = np.sum(layers, 0)
    field: Field = (total - total.min()) / (total.max() - total.min())
    return field


def shade(field: Field, dark: Colour, light: Colour) -> Picture:
    """From one colour to another: (SIDE, SIDE) in [0, 1] -> (SIDE, SIDE, 3)."""
    low, high = np.array(dark, np.float64), np.array(light, np.float64)
    return (low + field[..., None] * (high - low)).astype(np.uint8)


def _floor(rng: np.random.Generator) -> Picture:
    """Trodden earth with paving stones."""
    picture = shade(rough(rng), (118, 96, 66), (172, 148, 110))
    for _ in range(60):
        x, y, size = *rng.integers(12, SIDE - 12, 2), rng.integers(5, 11)
        grey = int(rng.integers(120, 170))
        cv2.ellipse(
            picture, (int(x), int(y)), (int(size), int(size * 0.7)), 0, 0, 360, [grey] * 3, -1
        )
    return picture


def _leaves(rng: np.random.Generator) -> Picture:
    """Leaves in many greens."""
    picture = shade(rough(rng), (24, 62, 22), (92, 148, 58))
    for _ in range(700):
        x, y = rng.integers(4, SIDE - 4, 2)
        green = (int(rng.integers(30, 110)), int(rng.integers(90, 180)), int(rng.integers(20, 70)))
        angle = int(rng.integers(180))
        cv2.ellipse(picture, (int(x), int(y)), (4, 2), angle, 0, 360, green, -1)
    return picture


def _flowers(rng: np.random.Generator) -> Picture:
    """Leaves with blossoms."""
    picture = _leaves(rng)
    for _ in range(160):
        x, y = rng.integers(5, SIDE - 5, 2)
        cv2.circle(picture, (int(x), int(y)), 4, (214, 70, 120), -1)
        cv2.circle(picture, (int(x), int(y)), 1, (250, 220, 90), -1)
    return picture


def _bamboo(rng: np.random.Generator) -> Picture:
    """Upright canes with knots."""
    across = np.arange(SIDE) % 16
    round_ = 1.0 - np.abs(across - 7.5) / 8.0
    field = np.tile(round_, (SIDE, 1)) * (0.75 + 0.25 * rough(rng))
    for cane in range(SIDE // 16):
        knots = (np.arange(SIDE) + int(rng.integers(64))) % 64 < 3
        field[knots, 16 * cane : 16 * cane + 16] *= 0.5
    return shade(field, (88, 66, 30), (214, 186, 112))


def _rock(dark: Colour, light: Colour) -> Callable[[np.random.Generator], Picture]:
    """Layered rock."""

    def draw(rng: np.random.Generator) -> Picture:
        height = np.arange(SIDE)[:, None] / SIDE
        layers = 0.5 + 0.5 * np.sin(2 * np.pi * (6 * height + 0.6 * rough(rng)))
        return shade(0.6 * rough(rng) + 0.4 * layers, dark, light)

    return draw


def _planks(rng: np.random.Generator) -> Picture:
    """A door of planks with iron bands."""
    grain = cv2.blur(rough(rng), (1, 31))
    picture = shade(grain, (74, 46, 24), (148, 102, 60))
    picture[:, ::32] = (40, 26, 14)
    for band in (48, 200):
        picture[band : band + 14] = (58, 60, 64)
    return picture


PAINTERS: dict[str, Callable[[np.random.Generator], Picture]] = {
    "village_floor": _floor,
    "bush": _leaves,
    "flower_bush": _flowers,
    "bamboo_wall": _bamboo,
    "cliff1": _rock((84, 78, 74), (158, 148, 138)),
    "cliff2": _rock((92, 74, 60), (170, 142, 116)),
    "cliff3": _rock((66, 70, 76), (136, 140, 148)),
    "wooden_door1": _planks,
}
"""By the name that ``configs/assets.yaml`` gives each."""


def paint(name: str) -> Picture:
    """The texture of a name, always the same.

    Raises:
        KeyError: there is none of this name.
    """
    seed = list(PAINTERS).index(name) if name in PAINTERS else -1
    return PAINTERS[name](np.random.default_rng([2024, seed]))
