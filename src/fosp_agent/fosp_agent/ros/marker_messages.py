"""Marks, pictures and health as messages."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import Point
from sensor_msgs.msg import Image
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from fosp_agent.monitor.health import Level, Report
from fosp_agent.monitor.marks import Mark
from fosp_agent.monitor.palette import RGBA
from fosp_agent.types import ByteArray


def marker_array(marks: Iterable[Mark], frame_id: str) -> MarkerArray:
    """All marks, and before them the order to take the earlier ones away.

    Stamped zero: viewers then take the newest transform that they have.
    """
    clear = Marker(action=Marker.DELETEALL)
    clear.header.frame_id = frame_id
    count: Counter[str] = Counter()
    found = [clear]
    for mark in marks:
        found.append(_marker(mark, frame_id, count[mark.group]))
        count[mark.group] += 1
    return MarkerArray(markers=found)


def _marker(mark: Mark, frame_id: str, number: int) -> Marker:
    message = Marker(
        header=Header(frame_id=frame_id, stamp=Time()),
        ns=mark.group,
        id=number,
        type=int(mark.shape),
        action=Marker.ADD,
        color=_color(mark.color),
        points=[Point(x=x, y=y, z=z) for x, y, z in mark.points.tolist()],
        colors=[_color(one) for one in mark.colors],
        text=mark.text,
    )
    at, turn, scale = message.pose.position, message.pose.orientation, message.scale
    at.x, at.y, at.z = mark.at
    turn.x, turn.y, turn.z, turn.w = mark.turn
    scale.x, scale.y, scale.z = mark.size
    return message


def _color(color: RGBA) -> ColorRGBA:
    red, green, blue, alpha = color
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)


def picture_message(picture: ByteArray, stamp: Time, frame_id: str) -> Image:
    """A picture (H, W, 3) as rgb8."""
    height, width, _ = picture.shape
    return Image(
        header=Header(frame_id=frame_id, stamp=stamp),
        height=height,
        width=width,
        encoding="rgb8",
        is_bigendian=0,
        step=3 * width,
        data=array("B", picture.tobytes()),
    )


def report_of(status: DiagnosticStatus) -> Report:
    """What a node says of itself."""
    level = status.level[0] if isinstance(status.level, bytes) else int(status.level)
    known = Level(level) if level in Level.__members__.values() else Level.STALE
    values = {one.key: one.value for one in status.values}
    return Report(status.name, known, status.message, values, status.hardware_id)


def status_message(report: Report) -> DiagnosticStatus:
    """A part's health."""
    return DiagnosticStatus(
        level=bytes([report.level]),
        name=report.name,
        message=report.message,
        hardware_id=report.hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in report.values.items()],
    )
