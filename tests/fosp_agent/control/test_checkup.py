"""Each check tells green from red, and says what to do."""

from __future__ import annotations

import pytest

from fosp_agent.control import checkup
from fosp_agent.control.checkup import Endpoint, Level, TopicSeen, worst
from fosp_agent.control.readiness import Readiness, Requirements

GOOD, LOOSE = Endpoint("/a", True, True), Endpoint("/b", False, False)
CASES = [
    (checkup.rate(TopicSeen("/i", (GOOD,), rate=30.0), 10.0, False), Level.GREEN),
    (checkup.rate(TopicSeen("/i", (GOOD,), rate=3.0), 10.0, False), Level.RED),
    (checkup.rate(TopicSeen("/i", (GOOD,), rate=0.0), 1.0, True), Level.YELLOW),
    (checkup.rate(TopicSeen("/i"), 1.0, True), Level.RED),
    (checkup.publishers(TopicSeen("/t", (GOOD,))), Level.GREEN),
    (checkup.publishers(TopicSeen("/t", (GOOD, LOOSE))), Level.RED),
    (checkup.publishers(TopicSeen("/t")), Level.RED),
    (checkup.quality(TopicSeen("/t", (LOOSE,), (LOOSE,))), Level.GREEN),
    (checkup.quality(TopicSeen("/t", (GOOD,), (LOOSE,))), Level.GREEN),
    (checkup.quality(TopicSeen("/t", (LOOSE,), (GOOD,))), Level.RED),
    (checkup.clock(TopicSeen("/i", offset=-0.05), 0.2), Level.GREEN),
    (checkup.clock(TopicSeen("/i", offset=-3.0), 0.2), Level.RED),
    (checkup.box([0.0] * 3, [1.0] * 3), Level.GREEN),
    (checkup.box([], []), Level.RED),
    (checkup.box(None, None), Level.RED),
    (checkup.exposure("", False), Level.GREEN),
    (checkup.exposure("exposure", False), Level.RED),
    (checkup.exposure(None, False), Level.YELLOW),
    (checkup.exposure(None, True), Level.GREEN),
    (checkup.disk(100.0, "/"), Level.GREEN),
    (checkup.disk(5.0, "/"), Level.YELLOW),
    (checkup.disk(0.5, "/"), Level.RED),
    (checkup.buffers(8 * 2**20), Level.GREEN),
    (checkup.buffers(212992), Level.YELLOW),
    (checkup.real_time(False, True), Level.YELLOW),
    (checkup.real_time(True, True), Level.GREEN),
    (checkup.robot(True, ""), Level.GREEN),
    (checkup.robot(False, "reflex"), Level.RED),
    (checkup.robot(None, ""), Level.GREEN),
]


@pytest.mark.parametrize(("finding", "level"), CASES, ids=lambda value: getattr(value, "seen", ""))
def test_a_check_has_its_level_and_whatever_is_not_green_has_a_remedy(finding, level):
    assert finding.level is level
    assert bool(finding.remedy) or level is Level.GREEN


def test_the_worst_line_counts():
    assert worst([]) is Level.GREEN
    assert worst([case[0] for case in CASES]) is Level.RED


def test_where_asked_for_no_episode_starts_before_the_preflight_is_clear():
    ready, strict = Readiness(), Requirements(reset=False, scene=False, preflight=True)
    assert "not looked yet" in ready.problem(strict, "")
    ready.checked("preflight: two publishers")
    assert ready.problem(strict, "") == "preflight: two publishers"
    assert ready.problem(Requirements(reset=False, scene=False), "") == ""
    ready.checked("")
    assert ready.problem(strict, "") == ""
