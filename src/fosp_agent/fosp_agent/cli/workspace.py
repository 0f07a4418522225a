"""``./safereach workspace``: the workspace box, by touching its corners with the arm."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_agent.control.workspace import Vector
    from fosp_agent.ros.workspace import PoseWatch


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
    """Lead the arm by hand to two opposite corners (or more), press enter at each."""
    from fosp_agent.control.workspace import as_yaml, box_of
    from fosp_agent.errors import UserError
    from fosp_agent.ros.operator import operator
    from fosp_agent.ros.workspace import PoseWatch

    if out.exists() and not force:
        raise UserError(f"{out} exists: --force replaces the box in it, --out names another")
    with operator() as node:
        watch = PoseWatch(node)
        corners = _corners(watch, patience)
        text = as_yaml(box_of(corners, margin), out.read_text() if out.exists() else "")
    out.write_text(text)
    print(f"{text}\nwritten to {out}; launch with workspace:={out}")


def _corners(watch: PoseWatch, patience: float) -> list[Vector]:
    """The poses at which a person pressed enter; an empty line of `d` ends it."""
    from fosp_agent.control.workspace import WorkspaceError

    print("Lead the tool to a corner and press enter; at the end, type d and enter.", flush=True)
    corners: list[Vector] = []
    for line in sys.stdin:
        if line.strip().lower() == "d":
            break
        try:
            corners.append(watch.here(patience))
        except WorkspaceError as problem:
            print(f"  not taken: {problem}", flush=True)
            continue
        x, y, z = corners[-1][:3]
        print(f"  corner {len(corners)}: x {x:.3f}, y {y:.3f}, z {z:.3f} m", flush=True)
    return corners
