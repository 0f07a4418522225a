"""Everyone's diagnostics as one tree."""

from __future__ import annotations

from fosp_agent.monitor.health import OLD, ROOT, SILENCE, Health, Level, Report, part_of


def levels(health: Health, now: float) -> dict[str, Level]:
    return {one.name: one.level for one in health.summary(now)}


def test_a_silent_node_makes_its_part_and_the_whole_an_error_and_names_itself():
    health = Health(["policy_node", "camera_node"])
    health.beat("policy_node", 10.0)
    health.beat("camera_node", 10.0)
    assert set(levels(health, 10.1).values()) == {Level.OK}
    health.beat("camera_node", 10.0 + SILENCE)
    found = health.summary(10.0 + SILENCE + 0.1)
    by_name = {one.name: one for one in found}
    assert by_name[f"{ROOT}/Policy/policy_node"].level is Level.ERROR
    assert by_name[f"{ROOT}/Camera"].level is Level.OK
    assert found[0].name == ROOT
    assert found[0].level is Level.ERROR
    assert "policy_node: silent" in found[0].message


def test_an_expected_node_that_never_spoke_is_an_error():
    assert levels(Health(["franka_node"]), 0.0)[f"{ROOT}/Robot/franka_node"] is Level.ERROR


def test_a_nodes_own_words_stand_as_long_as_it_repeats_them():
    health = Health([])
    health.report(Report("camera_node", Level.WARN, "frames are old", {"age": "0.3"}), 5.0)
    found = {one.name: one for one in health.summary(5.1)}
    own = found[f"{ROOT}/Camera/camera_node"]
    assert (own.level, own.message, own.values) == (Level.WARN, "frames are old", {"age": "0.3"})
    assert found[ROOT].level is Level.WARN
    assert levels(health, 5.0 + OLD + 1)[f"{ROOT}/Camera/camera_node"] is Level.STALE


def test_a_part_is_stale_only_where_all_of_it_is():
    health = Health([])
    health.report(Report("camera_node: colour", Level.OK, ""), 0.0)
    health.report(Report("camera_node: clock", Level.OK, ""), OLD)
    assert levels(health, OLD + 1)[f"{ROOT}/Camera"] is Level.ERROR
    assert levels(health, 2 * OLD + 1)[f"{ROOT}/Camera"] is Level.STALE


def test_every_name_is_said_once_and_after_the_part_it_lies_under():
    health = Health(["policy_node", "camera_node", "a_strangers_node"])
    health.report(Report("camera_node: colour", Level.OK, ""), 0.0)
    names = [one.name for one in health.summary(0.0)]
    assert len(set(names)) == len(names)
    for index, name in enumerate(names[1:], 1):
        assert name.rpartition("/")[0] in names[:index]


def test_reporters_are_sorted_by_their_node():
    assert part_of("/arm1/command_gate_node: vetoes") == "Gate"
    assert part_of("joystick") == "Other"
