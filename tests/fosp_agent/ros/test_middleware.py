"""Frames fit into shared memory, lost pieces come soon, others' settings are left alone."""

from __future__ import annotations

from xml.etree import ElementTree

from fosp_agent.ros.middleware import NAMES, PROFILES, settle

SPACE = {"d": "http://www.eprosima.com/XMLSchemas/fastRTPS_Profiles"}
FRAME_BYTES = 640 * 480 * 3


def test_a_lost_piece_is_sent_again_before_the_next_frame() -> None:
    environment: dict[str, str] = {}
    settle(environment)
    assert environment == dict.fromkeys(NAMES, str(PROFILES))
    period = ElementTree.parse(PROFILES).find(".//d:heartbeatPeriod", SPACE)
    assert period is not None
    seconds, nanoseconds = (int(part.text or "") for part in period)
    assert seconds + nanoseconds / 1e9 < 1 / 30


def test_shared_memory_holds_several_frames_and_the_network_stays() -> None:
    profiles = ElementTree.parse(PROFILES)
    size = profiles.find(".//d:segment_size", SPACE)
    assert size is not None
    assert int(size.text or "") >= 8 * FRAME_BYTES
    kinds = {kind.text for kind in profiles.findall(".//d:transport_descriptor/d:type", SPACE)}
    assert kinds == {"SHM", "UDPv4"}


def test_settings_of_somebody_elses_choice_stay() -> None:
    for chosen in ({NAMES[0]: "mine.xml"}, {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}):
        environment = dict(chosen)
        settle(environment)
        assert environment == chosen
