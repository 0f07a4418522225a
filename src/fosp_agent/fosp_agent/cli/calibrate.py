"""``./safereach calibrate``: the camera's projection, from a marker that the tool carried about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_agent.calibration.marker import View
    from fosp_agent.calibration.projection import Projection

LARGEST_ERROR = 1.0
"""[pixel of the observed image] above which a warning is printed."""
LARGEST_SHARE = 0.1
"""Of outliers."""


def calibrate(
    episodes: Annotated[list[Path], typer.Argument(help="Recorded episodes (MCAP).")],
    marker: Annotated[int, typer.Option(help="Number of the ArUco marker (4x4, 50).", min=0)] = 0,
    offset: Annotated[
        str, typer.Option(help="The marker's centre in the tool's frame, x,y,z [m].")
    ] = "0,0,0",
    size: Annotated[int, typer.Option(help="Side of the policy's image [pixel].", min=8)] = 64,
    out: Annotated[Path, typer.Option(help="File for the settings.")] = Path("camera.txt"),
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier file.")] = False,
) -> None:
    """Find the marker in every picture and fit the projection that heads look through.

    Writes the settings for ``pretrain --set "$(cat camera.txt)"``, and beside them a picture of all
    finds.
    """
    from fosp_agent.calibration.marker import views
    from fosp_agent.calibration.projection import fit
    from fosp_agent.calibration.views import observed_pixels, vector
    from fosp_agent.errors import UserError

    if out.exists() and not force:
        raise UserError(f"{out} exists: --force replaces it, --out names another")
    place = vector(offset)
    found = [view for path in episodes for view in views(path, marker, place)]
    places, pixels = observed_pixels(found, size)
    projection = fit(places, pixels)
    _write(out, found, projection, size)


def _write(out: Path, found: list[View], projection: Projection, size: int) -> None:
    import numpy as np

    from fosp_agent.calibration.projection import mirrors
    from fosp_agent.calibration.views import drawn

    numbers = ",".join(f"{value:.6g}" for value in projection.matrix.ravel())
    settings = [f"robot.camera=[{numbers}]"]
    places = np.array([view.place for view in found])
    if mirrors(projection.matrix, places, size):
        settings += ["training.mirror_aligned=true"]
    else:
        settings += ["training.mirror_pose=[]", "training.mirror_action=[]"]
        print("the camera stands far beside the plane y = 0: training must not mirror its pictures")
    out.write_text("\n".join(settings) + "\n")
    picture = out.with_suffix(".png")
    picture.write_bytes(drawn(found, projection, size))
    left_out = int((~projection.used).sum())
    print(f"{len(found)} views of the marker, {left_out} left out as outliers")
    print(f"rms error {projection.rms:.2f} pixel of the {size}x{size} image")
    if projection.rms > LARGEST_ERROR or left_out > LARGEST_SHARE * len(found):
        print(
            "warning: this does not fit well. Move slowly or stop at each place (camera and arm "
            "are not on one clock), keep the marker flat, and check --offset"
        )
    print(out.read_text().strip())
    print(f"written: {out}, {picture} (green: seen, red: projected; they should meet)")
    print(f'next: ./safereach pretrain --set "$(cat {out})" ...')
