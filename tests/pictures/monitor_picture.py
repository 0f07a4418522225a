"""Draw what the monitor shows of a running stack: its markers in space, its pictures, its health.

    eval "$(./safereach env)" && python tests/pictures/monitor_picture.py docs/images/monitor.png

Starts the simulated stack with the shipped policy, listens as RViz would, and draws the messages
with matplotlib, by their own fields alone.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL.Image
from diagnostic_msgs.msg import DiagnosticArray
from fosp_msgs.msg import SessionState
from matplotlib.figure import Figure
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray

from fosp_agent.ros import topics
from fosp_agent.ros.conversions import image_from_message
from fosp_agent.ros.qos import LATCHED, RELIABLE

if TYPE_CHECKING:
    from integration.stack import Ear

TESTS = Path(__file__).resolve().parents[1]
GROUND = "#0c1116"
LEVELS = {b"\x00": "#4cc38a", b"\x01": "#f5a742", b"\x02": "#ff8f7a", b"\x03": "#a3b2bf"}


def rgba(color: Any) -> tuple[float, float, float, float]:
    """A marker's colour."""
    return color.r, color.g, color.b, color.a


def points(marker: Marker) -> np.ndarray:
    """(N, 3) of a marker."""
    return np.array([(p.x, p.y, p.z) for p in marker.points]).reshape(-1, 3)


def segments(axes: Any, marker: Marker, step: int) -> None:
    """Lines between successive points (step 1) or pairs of them (step 2)."""
    found = points(marker)
    for start in range(0, len(found) - 1, step):
        color = rgba(marker.colors[start + 1] if marker.colors else marker.color)
        axes.plot(*found[start : start + 2].T, color=color, linewidth=marker.scale.x * 700)


def draw_marker(axes: Any, marker: Marker) -> None:
    """One marker, by its type."""
    at, color = marker.pose.position, rgba(marker.color)
    if marker.type == Marker.LINE_STRIP:
        segments(axes, marker, 1)
    elif marker.type == Marker.LINE_LIST:
        segments(axes, marker, 2)
    elif marker.type == Marker.ARROW:
        start, end = points(marker)
        axes.quiver(*start, *(end - start), color=color, linewidth=marker.scale.x * 600)
    elif marker.type == Marker.SPHERE_LIST:
        axes.scatter(*points(marker).T, c=[rgba(one) for one in marker.colors], s=12)
    elif marker.type == Marker.SPHERE:
        axes.scatter(at.x, at.y, at.z, color=[color], s=marker.scale.x * 4000)
    elif marker.type == Marker.CUBE:
        half = marker.scale.z / 2
        axes.plot([at.x] * 2, [at.y] * 2, [at.z - half, at.z + half], color=color, linewidth=7)
    elif marker.type == Marker.TEXT_VIEW_FACING:
        axes.text(at.x, at.y, at.z, marker.text, color=color, fontsize=9, ha="center")


def draw_health(axes: Any, message: DiagnosticArray) -> None:
    """The tree of statuses, a line each."""
    axes.set_axis_off()
    for row, status in enumerate(message.status):
        depth = status.name.count("/")
        text = f"{'    ' * depth}{status.name.rpartition('/')[2]}: {status.message}"[:60]
        axes.text(0, 0.97 - row / 18.5, text, color=LEVELS[status.level], fontsize=8, va="top")


def draw(path: Path, heard: dict[str, list[Any]]) -> None:
    """The newest of everything in one picture."""
    figure = Figure(figsize=(14, 8), facecolor=GROUND)
    grid = figure.add_gridspec(2, 3, height_ratios=[3, 1], width_ratios=[4, 3, 1.7])
    grid.update(left=0, right=1, top=1, bottom=0, hspace=0.02, wspace=0.04)
    space = figure.add_subplot(grid[0, 0], projection="3d", facecolor=GROUND)
    for marker in heard["markers"][-1].markers:
        if marker.action == Marker.ADD:
            draw_marker(space, marker)
    space.set_box_aspect((0.34, 0.28, 0.24), zoom=1.1)
    space.set(xlim=(0.36, 0.7), ylim=(-0.14, 0.14), zlim=(0, 0.24))
    space.view_init(elev=22, azim=-150)
    space.set_axis_off()
    pictures = (("overlay", grid[0, 1]), ("reconstruction", grid[1, :]))
    for name, place in pictures:
        axes = figure.add_subplot(place)
        axes.imshow(image_from_message(heard[name][-1]))
        axes.set_axis_off()
    draw_health(figure.add_subplot(grid[0, 2]), heard["health"][-1])
    figure.savefig(path, dpi=75, facecolor=GROUND)
    with PIL.Image.open(path) as picture:
        small = picture.convert("RGB").quantize(256)
    small.save(path, optimize=True)


def listen(listener: Ear) -> dict[str, list[Any]]:
    """As a viewer would."""
    return {
        "markers": listener.listen(MarkerArray, topics.MONITOR_MARKERS, LATCHED),
        "overlay": listener.listen(Image, topics.MONITOR_OVERLAY, RELIABLE),
        "reconstruction": listener.listen(Image, topics.MONITOR_RECONSTRUCTION, LATCHED),
        "health": listener.listen(DiagnosticArray, topics.DIAGNOSTICS_SUMMARY, RELIABLE),
        "session": listener.listen(SessionState, topics.SESSION_STATE, LATCHED),
    }


def running(heard: dict[str, list[Any]], step: int) -> bool:
    """Whether the marks tell of an episode that has come so far."""
    texts = [m.text for m in heard["markers"][-1].markers] if heard["markers"] else []
    steps = [int(found[1]) for text in texts if (found := re.search(r"step (\d+)", text))]
    complete = all(heard[name] for name in ("overlay", "reconstruction", "health"))
    return complete and bool(steps) and max(steps) >= step


def main() -> None:
    """Draw."""
    sys.path.insert(0, str(TESTS))
    from integration.stack import ear, launched, wait_for

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--step", type=int, default=35, help="of the episode that is shown")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        stack = {"task": "three_obstacles", "mode": "greedy", "lockstep": "false"}
        stack |= {"planning": "on", "monitor": "true", "run_dir": Path(folder) / "run"}
        domain = 1 + os.getpid() % 101
        with launched("evaluate", domain, log, **stack) as process, ear(domain) as listener:
            heard = listen(listener)
            client = listener.node.create_client(Trigger, topics.START_EPISODE)
            wait_for(client.service_is_ready, 60, "the session serves")
            while not heard["session"] or heard["session"][-1].state != SessionState.RUNNING:
                future = client.call_async(Trigger.Request())
                wait_for(future.done, 20, "the session answers")
                time.sleep(0.5)
                if process.popen.poll() is not None:
                    sys.exit(process.output)
            wait_for(lambda: running(heard, arguments.step), 60, "the episode goes on")
            draw(arguments.path, heard)
    print(arguments.path)


if __name__ == "__main__":
    main()
