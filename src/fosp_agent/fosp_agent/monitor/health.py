"""Everyone's diagnostics as one tree: the whole, its parts, and who is in each of them.

Levels are those of ``diagnostic_msgs/DiagnosticStatus``. Times are seconds of one monotonic clock,
passed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

ROOT = "SafeReach"
SILENCE = 1.5
"""A node that beats twice a second and was silent this long is dead [s]."""
OLD = 5.0
"""A status that was not repeated for so long is stale [s]."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "Robot": ("franka_node", "franka_ros2_node", "sim_bridge_node", "reset_node"),
    "Camera": ("camera_node", "observation_node"),
    "Gate": ("command_gate_node",),
    "Policy": ("policy_node",),
    "Operator": ("teleop_node", "spacemouse_node", "console_node", "monitor_node"),
    "Episodes": ("session_node", "recorder_node", "label_node", "oracle_label_node", "trials_node"),
    "Learning": ("trainer_node",),
}
"""Which nodes belong together."""
OTHER = "Other"


class Level(IntEnum):
    """How it is."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


@dataclass(frozen=True)
class Report:
    """What somebody says of itself, or what is said of a part."""

    name: str
    level: Level
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    hardware_id: str = ""


class Health:
    """Keeps the newest report of everyone, and sums them up."""

    def __init__(self, expected: Iterable[str]) -> None:
        """Watch over nodes.

        Args:
            expected: nodes that must be alive.
        """
        self._expected = tuple(expected)
        self._beats: dict[str, float] = {}
        self._reports: dict[str, tuple[float, Report]] = {}

    def beat(self, node: str, now: float) -> None:
        """A node lives."""
        self._beats[node] = now

    def report(self, report: Report, now: float) -> None:
        """Somebody says how it is."""
        self._reports[report.name] = now, report

    def summary(self, now: float) -> list[Report]:
        """The whole first, then each part followed by its members, named by their way down."""
        members = [self._member(name, now) for name in self._names()]
        found, tops = [], []
        for part in (*PARTS, OTHER):
            inside = [one for one in members if part_of(one.name) == part]
            if not inside:
                continue
            top = _summed(f"{ROOT}/{part}", inside)
            tops.append(top)
            found += [top, *(_under(part, one) for one in inside)]
        return [_summed(ROOT, tops), *found]

    def _names(self) -> list[str]:
        named = {*self._expected, *self._beats}
        spoken = {name for name in self._reports if name not in named}
        return [*sorted(named), *sorted(spoken)]

    def _member(self, name: str, now: float) -> Report:
        """A node's own words, unless it is dead or has said nothing for long."""
        heard, said = self._reports.get(name, (-1e9, None))
        beat = self._beats.get(name)
        if name in self._expected or beat is not None:
            if beat is None or now - beat > SILENCE:
                return Report(name, Level.ERROR, "silent: is it running?")
            if said is None:
                return Report(name, Level.OK, "alive")
        assert said is not None
        if now - heard > OLD:
            return Report(name, Level.STALE, f"said nothing for {now - heard:.0f} s", said.values)
        return said


def part_of(name: str) -> str:
    """The part that a reporter belongs to, by its name; "camera_node: stream" is camera_node's."""
    node = name.partition(":")[0].strip().rpartition("/")[2]
    return next((part for part, nodes in PARTS.items() if node in nodes), OTHER)


def _under(part: str, report: Report) -> Report:
    name = f"{ROOT}/{part}/{report.name.lstrip('/')}"
    return Report(name, report.level, report.message, report.values, report.hardware_id)


def _summed(name: str, inside: Iterable[Report]) -> Report:
    """The worst of some; stale counts as an error unless all are."""
    found = list(inside)
    levels = {one.level for one in found}
    if levels == {Level.STALE}:
        level = Level.STALE
    elif Level.STALE in levels:
        level = Level.ERROR
    else:
        level = max(levels, default=Level.STALE)
    bad = [one for one in found if one.level is not Level.OK]
    worst = "; ".join(f"{one.name.rpartition('/')[2]}: {one.message}" for one in bad[:3])
    values = {one.name.rpartition("/")[2]: one.message for one in found}
    return Report(name, level, worst or "all is well", values)
