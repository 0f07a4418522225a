"""The one list of nodes."""

from __future__ import annotations

import configparser
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from safereach_bringup.arguments import ArgumentError
from safereach_bringup.command import config_file, remaps
from safereach_bringup.settling import settle
from safereach_bringup.stack_types import Arg, IfSet
from safereach_bringup.stacks import STACKS, find

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def _executables(package: str) -> set[str]:
    """Names of the nodes in a package's setup.py."""
    text = (ROOT / "src" / package / "setup.py").read_text()
    block = re.search(r"NODES = \(([^)]*)\)", text)
    assert block is not None
    return set(re.findall(r'"(\w+)"', block.group(1)))


@pytest.mark.parametrize("stack", STACKS.values(), ids=lambda stack: stack.name)
def test_every_node_is_an_executable_of_its_package(stack):
    for node in stack.nodes:
        assert node.executable in _executables(node.package)


@pytest.mark.parametrize("stack", STACKS.values(), ids=lambda stack: stack.name)
def test_every_parameter_and_condition_names_a_declared_argument(stack):
    declared = {argument.name for argument in stack.arguments}
    for node in stack.nodes:
        used = {v.name for v in node.parameters.values() if isinstance(v, Arg)}
        used |= {v.flag for v in node.parameters.values() if isinstance(v, IfSet)}
        used |= {node.when.argument} if node.when else set()
        assert used <= declared


@pytest.mark.parametrize("stack", STACKS.values(), ids=lambda stack: stack.name)
def test_node_names_are_unique_and_at_most_one_node_is_required(stack):
    names = [node.name for node in stack.nodes]
    assert len(set(names)) == len(names)
    assert sum(node.required for node in stack.nodes) <= 1
    assert not any(node.required and node.respawn for node in stack.nodes)


@pytest.mark.parametrize("stack", STACKS.values(), ids=lambda stack: stack.name)
def test_every_stack_has_a_launch_file_that_names_it(stack):
    text = (ROOT / "src/safereach_bringup/launch" / f"{stack.name}.launch.py").read_text()
    assert f'describe_stack("{stack.name}")' in text


def test_the_console_is_part_of_every_stack_and_nobody_waits_for_it(weights):
    for stack in STACKS.values():
        plan = settle(stack, {"weights": weights} if stack.name in ("finetune", "evaluate") else {})
        console = next(node for node in plan.nodes if node.name == "console_node")
        assert console.optional
        others = {node.name for node in plan.nodes} - {"console_node"}
        assert set(console.parameters["expected_nodes"]) == others
        without = settle(
            stack,
            {"console": "false"}
            | ({"weights": weights} if stack.name in ("finetune", "evaluate") else {}),
        )
        assert {node.name for node in without.nodes} == others


def test_the_monitor_is_part_of_every_stack_when_it_is_asked_for_and_of_none_else(weights):
    for stack in STACKS.values():
        texts = {"weights": weights} if stack.name in ("finetune", "evaluate") else {}
        assert "monitor_node" not in {node.name for node in settle(stack, texts).nodes}
        nodes = {node.name: node for node in settle(stack, texts | {"monitor": "true"}).nodes}
        assert nodes["monitor_node"].optional
        assert "console_node" not in nodes["monitor_node"].parameters["expected_nodes"]


def test_only_nodes_that_no_episode_depends_on_respawn():
    for stack in STACKS.values():
        respawning = {node.name for node in stack.nodes if node.respawn}
        assert respawning <= {
            "trainer_node",
            "console_node",
            "spacemouse_node",
            "camera_node",
            "monitor_node",
        }


@pytest.mark.parametrize("device", ["joy", "gamepad", "spacemouse", "spacenav"])
def test_each_device_of_the_operator_has_a_mapping(device):
    plan = settle(find("record"), {"teleop": device}, NOW)
    nodes = {node.name: node for node in plan.nodes}
    assert nodes["teleop_node"].files == (f"teleop-{device}.yaml",)
    assert config_file(f"teleop-{device}.yaml").is_file()
    assert ("spacemouse_node" in nodes) is (device == "spacemouse")


def test_the_operator_acts_alone_only_where_no_policy_does(weights):
    texts = {"teleop": "joy", "weights": weights}
    for name, alone in (("record", True), ("evaluate", False), ("finetune", False)):
        given = {k: v for k, v in texts.items() if k in {a.name for a in find(name).arguments}}
        nodes = {node.name: node for node in settle(find(name), given, NOW).nodes}
        assert nodes["teleop_node"].parameters["alone"] is alone


def test_marks_become_labels_only_where_the_operator_labels():
    for label, expected in (("operator", True), ("oracle", False)):
        nodes = {n.name: n for n in settle(find("record"), {"label": label}, NOW).nodes}
        assert nodes["teleop_node"].parameters["label"] is expected
        assert ("oracle_label_node" in nodes) is not expected


def test_only_the_gate_may_publish_target_pose():
    for stack in STACKS.values():
        assert all("target_pose" not in node.remaps.values() for node in stack.nodes)


def test_parameter_files_speak_of_nodes_that_exist():
    known = _executables("fosp_agent") | _executables("fosp_sim_bridge")
    for path in (ROOT / "src/safereach_bringup/config").glob("*.yaml"):
        for pattern, content in (yaml.safe_load(path.read_text()) or {}).items():
            assert pattern.rpartition("/")[2] in known
            assert set(content) == {"ros__parameters"}


def test_executables_lie_where_ros_looks_for_them():
    for package in ("fosp_agent", "fosp_sim_bridge", "safereach_bringup"):
        setup = configparser.ConfigParser()
        setup.read(ROOT / "src" / package / "setup.cfg")
        assert setup["install"]["install_scripts"] == f"$base/lib/{package}"


def test_no_box_for_a_real_robot_is_shipped():
    for robot in ("franky", "franka_ros2"):
        text = (ROOT / f"src/safereach_bringup/config/{robot}.yaml").read_text()
        gate = yaml.safe_load(text)["/**/command_gate_node"]["ros__parameters"]
        assert not {"box_min", "box_max"} & set(gate)


def test_two_sides_share_the_nodes_between_them(weights):
    names = {}
    for side in ("all", "robot", "trainer"):
        plan = settle(find("finetune"), {"side": side, "weights": weights}, NOW)
        names[side] = {node.name for node in plan.nodes}
    assert names["trainer"] == {"trainer_node"}
    assert not names["robot"] & names["trainer"]
    assert names["robot"] | names["trainer"] == names["all"]


def test_a_real_robot_has_a_real_camera_and_the_simulated_one_its_own(tmp_path):
    recording = tmp_path / "demo.mp4"
    recording.touch()
    franky = {"robot": "franky", "robot_host": "10.0.0.2"}
    nodes = {node.name: node for node in settle(find("record"), franky, NOW).nodes}
    assert nodes["camera_node"].parameters["source"] == "realsense"
    assert "camera-realsense.yaml" in nodes["observation_node"].files
    external = settle(find("record"), {**franky, "camera": "realsense2_camera"}, NOW)
    assert "camera_node" not in {node.name for node in external.nodes}
    replay = {**franky, "camera": "replay", "replay": str(recording)}
    nodes = {node.name: node for node in settle(find("record"), replay, NOW).nodes}
    assert nodes["camera_node"].parameters["replay"] == str(recording)
    assert "camera_node" not in {node.name for node in settle(find("record"), {}, NOW).nodes}
    for wrong in ({"camera": "realsense"}, {**franky, "camera": "replay"},
                  {**franky, "camera": "simulated"}):  # fmt: skip
        with pytest.raises(ArgumentError, match="camera"):
            settle(find("record"), wrong, NOW)


def test_a_namespace_holds_every_node_and_its_clock():
    plan = settle(find("sim"), {"namespace": "arm1", "lockstep": "true"}, NOW)
    assert plan.namespace == "/arm1"
    for node in plan.nodes:
        assert remaps(plan, node)["/clock"] == "/arm1/clock"
    assert settle(find("sim"), {}, NOW).namespace == ""
