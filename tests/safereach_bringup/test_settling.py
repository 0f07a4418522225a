"""From what a person types to the plan of a stack: arguments, weights, agents, robots."""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
import yaml

from fosp_agent.config import agents, load_preset
from fosp_agent.named_settings import PLANNED
from fosp_agent.overrides import parse_overrides, with_overrides
from safereach_bringup import settling
from safereach_bringup.arguments import (
    ANY_AGENT,
    ARGUMENTS,
    KINDS,
    PLANNING,
    ArgumentError,
    parse,
    split,
)
from safereach_bringup.cli import describe
from safereach_bringup.settling import settle
from safereach_bringup.stacks import STACKS, find

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def test_the_oracle_is_left_out_when_a_person_labels(weights):
    plan = settle(find("finetune"), {"label": "manual", "weights": weights}, NOW)
    names = {node.name for node in plan.nodes}
    trials = next(node for node in plan.nodes if node.name == "trials_node")
    assert "oracle_label_node" not in names
    assert set(trials.parameters["expected_nodes"]) == names - {"trials_node", "console_node"}


def test_a_settled_plan_holds_plain_values_only(weights):
    for stack in STACKS.values():
        texts = {"weights": weights} if "weights" in {a.name for a in stack.arguments} else {}
        plan = settle(stack, texts, NOW)
        for node in plan.nodes:
            assert all(isinstance(v, (bool, int, float, str, tuple))
                       for v in node.parameters.values())  # fmt: skip


def test_a_new_run_is_named_by_stack_and_time():
    plan = settle(find("sim"), {}, NOW)
    assert Path(plan.run_dir).name == "sim-20260102T030405Z"
    assert Path(plan.run_dir).is_absolute()


def test_given_values_reach_the_nodes_with_their_types(weights):
    texts = {"episodes": "40", "lockstep": "false", "weights": weights}
    nodes = {node.name: node for node in settle(find("finetune"), texts, NOW).nodes}
    assert nodes["trials_node"].parameters["episodes"] == 40
    assert nodes["sim_bridge_node"].parameters["lockstep"] is False


def test_planning_stands_for_settings_of_the_policy_and_of_its_tests(weights):
    def settings(**texts: str) -> set[object]:
        nodes = settle(find("finetune"), {"weights": weights, **texts}, NOW).nodes
        return {n.parameters["settings"] for n in nodes if "settings" in n.parameters}

    assert settings() == {""}
    assert settings(planning="on") == {PLANNING["on"]}
    assert settings(planning="on", settings="planning.horizon=4") == {"planning.horizon=4"}
    owners = [n.name for n in find("finetune").nodes if "settings" in n.parameters]
    assert owners == ["policy_node", "trials_node"]


def test_what_planning_stands_for_are_settings_that_acting_may_change():
    preset = load_preset("tiny")
    for text in PLANNING.values():
        assert (with_overrides(preset, parse_overrides(text.split())) != preset) is bool(text)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"episodez": "3"}, "unknown argument 'episodez'; there are: environment"),
        ({"episodes": "three"}, "episodes:=three does not do: give an integer"),
        ({"episodes": "-1"}, "give at least 0"),
        ({"mode": "best"}, "give one of sample, greedy"),
        ({"lockstep": "maybe"}, "give true or false"),
        ({"weights": "/nowhere/weights.safetensors"}, "give a file that exists"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_would_do(texts, message):
    with pytest.raises(ArgumentError, match=re.escape(message)):
        parse(ARGUMENTS, texts)


def test_an_unknown_stack_lists_the_known_ones():
    with pytest.raises(ArgumentError, match="finetune, evaluate, record, sim"):
        find("dance")


def test_words_split_at_the_first_sign_only():
    assert split(["a:=1", "b:=x:=y", "c:="]) == {"a": "1", "b": "x:=y", "c": ""}
    with pytest.raises(ArgumentError, match="write name:=value"):
        split(["episodes=3"])


def test_arguments_have_known_kinds_and_defaults_that_do():
    for argument in ARGUMENTS:
        assert argument.kind in KINDS
        argument.parse(argument.default)


def test_the_gate_is_configured_with_the_box_and_scale_of_the_environment():
    env = pytest.importorskip("fosp_sim_bridge.safereach.env")
    config = yaml.safe_load((ROOT / "src/safereach_bringup/config/safereach.yaml").read_text())
    gate = config["/**/command_gate_node"]["ros__parameters"]
    assert [gate["box_min"], gate["box_max"]] == env.WORKSPACE_BOX.tolist()
    assert gate["action_scale"] == env.ACTION_SCALE.tolist()
    recorder = config["/**/recorder_node"]["ros__parameters"]
    assert recorder["action_scale"] == gate["action_scale"]


def test_in_lockstep_the_gate_and_the_observer_live_in_simulated_time():
    for text in ("true", "false"):
        nodes = {node.name: node for node in settle(find("sim"), {"lockstep": text}, NOW).nodes}
        for name in ("observation_node", "command_gate_node"):
            assert nodes[name].parameters["use_sim_time"] is (text == "true")


def test_demonstrations_are_mixed_in_where_they_are_and_only_then(monkeypatch, tmp_path):
    weights = tmp_path / "models" / "safereach-small" / "weights.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    monkeypatch.setenv("SAFEREACH_ROOT", str(tmp_path))
    stack = find("finetune")
    assert settle(stack, {}).values["dataset"] == ""
    demonstrations = tmp_path / "data" / "original"
    demonstrations.mkdir(parents=True)
    assert settle(stack, {}).values["dataset"] == str(demonstrations)
    assert settle(stack, {"dataset": "none"}).values["dataset"] == ""
    other = {"environment": "safety_gymnasium"}
    assert settle(stack, other).values["dataset"] == ""


def written_weights(path: Path, **metadata: str) -> str:
    """A safetensors file that holds nothing but its metadata."""
    header = json.dumps({"__metadata__": metadata}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return str(path)


def test_weights_of_another_robot_are_refused_before_anything_starts(tmp_path: Path):
    arm = json.dumps({"robot": {"image_channels": 3, "pose_size": 6}})
    car = json.dumps({"robot": {"image_channels": 6, "pose_size": 0}})
    fitting = {"safereach": arm, "safety_gymnasium": car}
    for environment, config in fitting.items():
        good = written_weights(tmp_path / "good.safetensors", config=config)
        texts = {"environment": environment, "task": "SafetyPointGoal1"}
        texts = texts if environment == "safety_gymnasium" else {}
        settle(find("finetune"), {"weights": good, **texts}, NOW)
        (other,) = set(fitting.values()) - {config}
        bad = written_weights(tmp_path / "bad.safetensors", config=other)
        with pytest.raises(ArgumentError, match="was trained with images of . channels.*of this"):
            settle(find("finetune"), {"weights": bad, **texts}, NOW)


def test_a_dataset_that_is_not_there_is_refused_where_it_would_be_read(weights):
    texts = {"weights": weights, "dataset": "/nowhere/data"}
    with pytest.raises(ArgumentError, match="dataset:=/nowhere/data does not do"):
        settle(find("finetune"), texts, NOW)
    settle(find("finetune"), {**texts, "side": "robot"}, NOW)


def test_every_agent_that_can_learn_can_be_asked_for():
    (argument,) = (a for a in ARGUMENTS if a.name == "agent")
    assert argument.choices == (ANY_AGENT, *agents())
    for name in ("finetune", "evaluate"):
        assert argument in find(name).arguments
        assert "any|fosp|safedreamer|dreamerv3|recovery_rl" in describe(find(name))


def test_the_agent_reaches_the_nodes_that_read_weights(tmp_path: Path):
    weights = written_weights(tmp_path / "w.safetensors", agent="dreamerv3", preset="tiny")
    for given, wanted in (({"agent": "dreamerv3"}, "dreamerv3"), ({}, ""), ({"agent": "any"}, "")):
        plan = settle(find("finetune"), {"weights": weights, **given}, NOW)
        nodes = {node.name: node for node in plan.nodes}
        assert nodes["policy_node"].parameters["agent"] == wanted
        assert nodes["trainer_node"].parameters["agent"] == wanted


def test_weights_of_another_agent_are_refused_before_anything_starts(tmp_path: Path):
    weights = written_weights(tmp_path / "w.safetensors", agent="fosp", preset="small")
    old = written_weights(tmp_path / "old.safetensors", preset="small")
    for path in (weights, old):
        texts = {"weights": path, "agent": "safedreamer"}
        with pytest.raises(ArgumentError, match=r"of the agent 'fosp' \(preset 'small'\).*--agent"):
            settle(find("finetune"), texts, NOW)
        settle(find("finetune"), {"weights": path, "agent": "fosp"}, NOW)
    with pytest.raises(ArgumentError, match="agent:=cpo does not do: give one of any, fosp"):
        settle(find("evaluate"), {"weights": weights, "agent": "cpo"}, NOW)


def test_a_run_that_goes_on_with_another_agent_is_refused(tmp_path: Path):
    run_dir = tmp_path / "run"
    written_weights(run_dir / "weights/weights-000003.safetensors", agent="fosp", preset="tiny")
    texts = {
        "weights": written_weights(tmp_path / "w.safetensors", agent="safedreamer"),
        "agent": "safedreamer",
        "run_dir": str(run_dir),
    }
    with pytest.raises(ArgumentError, match="weights-000003.safetensors is of the agent 'fosp'"):
        settle(find("finetune"), texts, NOW)


def test_a_real_robot_brings_its_own_nodes_file_and_defaults(weights, tmp_path):
    workspace = tmp_path / "table.yaml"
    workspace.touch()
    texts = {"robot": "franky", "robot_host": "172.16.0.2", "weights": weights}
    plan = settle(find("finetune"), texts | {"workspace": str(workspace)}, NOW)
    nodes = {node.name: node for node in plan.nodes}
    assert plan.config == "franky.yaml"
    assert {"franka_node", "camera_node", "reset_node"} <= set(nodes)
    assert not {"sim_bridge_node", "oracle_label_node", "franka_ros2_node"} & set(nodes)
    assert nodes["franka_node"].parameters["host"] == "172.16.0.2"
    assert nodes["command_gate_node"].parameters["use_sim_time"] is False
    assert nodes["command_gate_node"].files == (str(workspace),)
    assert plan.values["label"] == "manual"


def test_a_real_robot_is_started_by_a_person_and_learns_from_none_of_the_simulators(
    weights, tmp_path, monkeypatch
):
    monkeypatch.setattr(settling, "demonstrations", lambda: tmp_path)
    for robot, starts, tests, dataset in (
        ("sim", True, 20, str(tmp_path)),
        ("franky", False, 0, ""),
    ):
        texts = {"robot": robot, "robot_host": "172.16.0.2", "weights": weights}
        plan = settle(find("finetune"), texts, NOW)
        trials = next(node for node in plan.nodes if node.name == "trials_node").parameters
        assert (trials["starts"], trials["tests"], plan.values["dataset"]) == (
            starts,
            tests,
            dataset,
        )
    texts["tests"] = "20"
    assert settle(find("finetune"), texts, NOW).values["tests"] == 20


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({}, "needs robot_host"),
        ({"robot_host": "a", "lockstep": "true"}, "time does not wait"),
        ({"robot_host": "a", "label": "oracle"}, "only a simulator knows"),
        ({"robot_host": "a", "environment": "safety_gymnasium"}, "a simulator of its own"),
    ],
)
def test_what_does_not_go_with_a_real_robot_is_refused(weights, texts, message):
    with pytest.raises(ArgumentError, match=message):
        settle(find("finetune"), {"robot": "franky", "weights": weights} | texts, NOW)


def test_planning_at_launch_is_the_planning_of_the_experiments():
    assert parse_overrides(PLANNING["on"].split()) == PLANNED
