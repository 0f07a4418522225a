"""Nodes repair lost pieces of a frame quickly, and leave others' settings alone."""

from __future__ import annotations

from xml.etree import ElementTree

from fosp_agent.ros.middleware import NAMES, PROFILES, settle


def test_a_lost_piece_is_sent_again_before_the_next_frame() -> None:
    environment: dict[str, str] = {}
    settle(environment)
    assert environment == dict.fromkeys(NAMES, str(PROFILES))
    space = {"d": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}
    period = ElementTree.parse(PROFILES).find(".//d:heartbeatPeriod", space)
    assert period is not None
    seconds, nanoseconds = (int(part.text or "") for part in period)
    assert seconds + nanoseconds / 1e9 < 1 / 30


def test_settings_of_somebody_elses_choice_stay() -> None:
    for chosen in ({NAMES[0]: "mine.xml"}, {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}):
        environment = dict(chosen)
        settle(environment)
        assert environment == chosen
