"""``./safereach workspace``: the workspace box, by touching its corners with the arm."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_agent.control.workspace import Vector

HELP = """\
Lead the tool by hand, and at each place press a key and enter:
  enter alone   a corner of the box: two opposite ones, a low and a high one
  s             the start pose of the episodes, inside the box
  d             done"""


def workspace(
    out: Annotated[Path, typer.Option(help="File for the gate.")] = Path("workspace.yaml"),
    margin: Annotated[
        float, typer.Option(help="Each side is drawn in by this much [m].", min=0.0)
    ] = 0.01,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the box in an earlier file; the rest stays.")
    ] = False,
    patience: Annotated[float, typer.Option(help="Seconds to wait for a pose.")] = 5.0,
) -> None:
    """Lead the arm by hand to two opposite corners (or more), and to where episodes start."""
    from fosp_agent.control.workspace import as_yaml, box_of
    from fosp_agent.errors import UserError
    from fosp_agent.ros.operator import operator
    from fosp_agent.ros.workspace import PoseWatch

    if out.exists() and not force:
        raise UserError(f"{out} exists: --force replaces the box in it, --out names another")
    with operator() as node:
        watch = PoseWatch(node)
        earlier = out.read_text() if out.exists() else ""
        text = _touched(
            lambda: watch.here(patience),
            lambda corners, start: as_yaml(box_of(corners, margin), earlier, start),
        )
    out.write_text(text)
    print(f"{text}\nwritten to {out}; launch with workspace:={out}")


def _touched(
    look: Callable[[], Vector], finish: Callable[[list[Vector], Vector | None], str]
) -> str:
    """What ``finish`` makes of the places touched until `d`; a place that fails loses no other."""
    from fosp_agent.control.workspace import WorkspaceError

    print(HELP, flush=True)
    corners: list[Vector] = []
    start: Vector | None = None
    for line in sys.stdin:
        word = line.strip().lower()
        if word not in ("", "s", "d"):
            print(f"  {word!r} is none of enter, s and d", flush=True)
            continue
        try:
            if word == "d":
                return finish(corners, start)
            here = look()
        except WorkspaceError as problem:
            print(f"  not taken: {problem}", flush=True)
            continue
        start, corners = (here, corners) if word == "s" else (start, [*corners, here])
        name = "start pose" if word == "s" else f"corner {len(corners)}"
        x, y, z = here[:3]
        print(f"  {name}: x {x:.3f}, y {y:.3f}, z {z:.3f} m", flush=True)
    return finish(corners, start)
