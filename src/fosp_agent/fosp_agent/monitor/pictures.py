"""Pictures for a bystander: the camera's view with what happens in it, and what is imagined."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fosp_agent.console.media import visible
from fosp_agent.monitor.drawing import STRETCH
from fosp_agent.monitor.marks import Vector
from fosp_agent.monitor.palette import (
    QUIET,
    RGB,
    TEXT,
    VETO,
    in_bytes,
    of_actor,
    of_risk,
)
from fosp_agent.monitor.projection import Projection
from fosp_agent.monitor.scene import Scene
from fosp_agent.monitor.words import Line, status
from fosp_agent.types import ByteArray

if TYPE_CHECKING:
    from fosp_agent.console.foresight import Vision

SIDE = 480
"""Shorter side of the overlay [pixel], at least."""
TILE = 160
"""Side of a picture beside others [pixel]."""
SHOWN = (1, 3, 5, 8, 11, 15)
"""Imagined steps that are shown, where there are so many."""
CAPTION = 22
"""Height of a line of text [pixel]."""
GROUND = (12, 17, 22)


def overlay(frame: ByteArray, scene: Scene, projection: Projection | None) -> ByteArray:
    """The camera's frame (H, W, 3 or 6) with paths, arrows, vetoes and words: (H', W', 3).

    Args:
        frame: the newest one.
        scene: what happens.
        projection: where the camera sees a place; None: words alone.
    """
    picture = _enlarged(visible(frame))
    draw = ImageDraw.Draw(picture, "RGBA")
    if projection is not None and frame.shape[2] == 3:
        _Pen(draw, projection, picture.size).scene(scene)
    _write(draw, (8, 6), status(scene), backed=True)
    if scene.vetoed_now:
        draw.rectangle(
            (0, 0, picture.width - 1, picture.height - 1), outline=in_bytes(VETO), width=6
        )
    return np.asarray(picture, np.uint8).copy()


def comparison(image: ByteArray, vision: Vision) -> ByteArray:
    """What was seen, what the world model makes of it, and what it imagines, side by side.

    Args:
        image: (64, 64, C) the observation of the vision's step.
        vision: reconstruction and imagination.

    Returns:
        (TILE + CAPTION, N * TILE, 3); under each imagined one its expected cost.
    """
    steps = [h for h in SHOWN if h < len(vision.frames)]
    tiles = [image, vision.frames[0], *(vision.frames[h] for h in steps)]
    captions = [
        Line(f"seen, step {vision.step}", TEXT),
        Line(f"reconstructed  {vision.cost[0]:.2f}", of_risk(vision.cost[0])),
        *(Line(f"+{h}  cost {vision.cost[h]:.2f}", of_risk(vision.cost[h])) for h in steps),
    ]
    return _row(tiles, captions)


def _row(tiles: Sequence[ByteArray], captions: Sequence[Line]) -> ByteArray:
    """Pictures beside each other with a line under each."""
    shown = [Image.fromarray(np.ascontiguousarray(visible(tile))) for tile in tiles]
    widths = [round(TILE * one.width / one.height) for one in shown]
    canvas = Image.new("RGB", (sum(widths), TILE + CAPTION), GROUND)
    draw, left = ImageDraw.Draw(canvas, "RGBA"), 0
    for one, width, caption in zip(shown, widths, captions, strict=True):
        canvas.paste(one.resize((width, TILE), Image.Resampling.BILINEAR), (left, 0))
        _write(draw, (left + 4, TILE + 3), [caption], size=13)
        left += width
    return np.asarray(canvas, np.uint8).copy()


class _Pen:
    """Draws places of the base frame into a picture."""

    def __init__(
        self, draw: ImageDraw.ImageDraw, projection: Projection, size: tuple[int, int]
    ) -> None:
        self._draw, self._projection, self._size = draw, projection, size

    def scene(self, scene: Scene) -> None:
        """Path behind, imagined path ahead, candidates, vetoes."""
        if scene.path:
            places = np.array([passed.place for passed in scene.path])
            self._line(places, [of_actor(passed.actor) for passed in scene.path], 3)
        vision = scene.vision
        if vision is not None and vision.places.shape[1] == 3:
            self._line(vision.places, [of_risk(cost) for cost in vision.cost], 2)
        if scene.place is not None:
            self._candidates(scene, scene.place)
        for refusal in scene.refusals:
            self._dot(refusal.place, VETO, 5)

    def _candidates(self, scene: Scene, place: Vector) -> None:
        for policy, move, acts in sorted(scene.moves(), key=lambda one: one[2]):
            if np.isfinite(move).all():
                ends = np.array([place, place + STRETCH * move])
                self._line(ends, [of_actor(policy)] * 2, 5 if acts else 2, 255 if acts else 150)
        self._dot(place, of_actor(scene.actor), 5)

    def _pixels(self, places: Vector) -> Vector:
        return self._projection.pixels(places, *self._size)

    def _line(self, places: Vector, colors: Sequence[RGB], width: int, alpha: int = 230) -> None:
        pixels = self._pixels(places)
        for start, end, color in zip(pixels[:-1], pixels[1:], colors[1:], strict=True):
            if np.isfinite([start, end]).all():
                shade = (*in_bytes(color), alpha)
                self._draw.line((*start.tolist(), *end.tolist()), fill=shade, width=width)

    def _dot(self, place: Vector, color: RGB, radius: int) -> None:
        x, y = self._pixels(place[None])[0].tolist()
        if np.isfinite([x, y]).all():
            corners = (x - radius, y - radius, x + radius, y + radius)
            self._draw.ellipse(corners, fill=in_bytes(color), outline=GROUND)


def _enlarged(frame: ByteArray) -> Image.Image:
    """A frame (H, W, 3), made larger where it is small."""
    picture = Image.fromarray(np.ascontiguousarray(frame))
    factor = -(-SIDE // min(picture.size))
    if factor > 1:
        size = (picture.width * factor, picture.height * factor)
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    return picture


def _write(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    lines: Sequence[Line],
    size: int = 16,
    backed: bool = False,
) -> None:
    """Lines of text below each other; ``backed``: on a darker ground."""
    x, y = corner
    for line in lines:
        if backed:
            box = draw.textbbox((x, y), line.text, font=_font(size))
            draw.rectangle((box[0] - 4, y - 2, box[2] + 4, y + CAPTION - 3), fill=(*GROUND, 170))
        draw.text((x, y), line.text, fill=in_bytes(line.color), font=_font(size))
        y += CAPTION


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def blank(words: str) -> ByteArray:
    """A picture that says why there is none: (TILE + CAPTION, 4 TILE, 3)."""
    canvas = Image.new("RGB", (4 * TILE, TILE + CAPTION), GROUND)
    _write(ImageDraw.Draw(canvas, "RGBA"), (8, 8), [Line(words, QUIET)])
    return np.asarray(canvas, np.uint8).copy()
