"""How every plot looks and is saved: the same numbers give the same bytes."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from fosp_agent.training.files import write_atomically

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#7F7F7F",
    "#8C510A",
    "#882255",
)
"""Okabe and Ito's, which people of all colour vision tell apart, and three more."""
STYLES = ("-", "--", "-.", ":")
DPI = 100
SHADES = 96
"""Colours of a saved picture."""
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False}


def colour(number: int) -> str:
    """Of the n-th series."""
    return COLOURS[number % len(COLOURS)]


def line_style(number: int) -> str:
    """Of the n-th series: colour is not all that tells them apart."""
    return STYLES[number % len(STYLES)]


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write as PNG of few colours, whole or not at all."""
    raw, small = io.BytesIO(), io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(raw, format="png", dpi=DPI, metadata={"Software": None})
    raw.seek(0)
    picture = Image.open(raw).convert("RGB").quantize(SHADES, dither=Image.Dither.NONE)
    picture.save(small, format="PNG", optimize=True)
    write_atomically(path, small.getvalue())


def legend_beside(figure: Figure) -> None:
    """Each label that any of the axes has, once."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    figure.legend([*found.values()], [*found], loc="outside right center", fontsize=8)


def tidy(axes: Any) -> None:
    """Light grid, no box."""
    axes.grid(visible=True, color="0.9", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
