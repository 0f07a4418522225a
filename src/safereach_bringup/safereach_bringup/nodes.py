"""The nodes that stacks are made of, alone or in groups: plain data.

A parameter that is an ``Arg`` takes the value of that launch argument; a node with a ``when`` is
left out unless that argument has that value. Defaults of the parameters lie in
``config/<environment>.yaml``; what stands here overrides them.
"""

from __future__ import annotations

from collections.abc import Mapping

from safereach_bringup.arguments import ANY_AGENT
from safereach_bringup.stack_types import (
    TRAINER_SIDE,
    Arg,
    IfIs,
    IfSet,
    Node,
    OtherNodes,
    Parameter,
    Unless,
    When,
)

SIMULATED_TIME: Mapping[str, Parameter] = {
    "use_sim_time": Arg("lockstep"),
    "image_reliability": IfSet("lockstep", "reliable", "best_effort"),
}
"""For the nodes that compare stamps: in lockstep time stands still between two commands."""

REAL = When("robot", "sim", negated=True)
"""A person stands beside this robot."""

ROBOT_NODES = (
    Node(
        "fosp_sim_bridge",
        "sim_bridge_node",
        {"environment": Arg("environment"), "task": Arg("task"), "lockstep": Arg("lockstep")},
        when=When("robot", "sim"),
    ),
    Node(
        "fosp_agent",
        "franka_node",
        {"host": Arg("robot_host")},
        files=("{workspace}",),
        when=When("robot", "franky"),
    ),
    Node(
        "fosp_agent",
        "franka_ros2_node",
        files=("{workspace}",),
        when=When("robot", "franka_ros2"),
    ),
    Node(
        "fosp_agent",
        "camera_node",
        {"source": Arg("camera"), "replay": Arg("replay")},
        files=("camera-{camera}.yaml",),
        when=When("camera", ("realsense", "replay")),
        respawn=True,
    ),
    Node(
        "fosp_agent",
        "observation_node",
        {"use_sim_time": Arg("lockstep")},
        files=("camera-{camera}.yaml", "{workspace}"),
    ),
    Node("fosp_agent", "command_gate_node", SIMULATED_TIME, files=("{workspace}",)),
    Node("fosp_agent", "reset_node", files=("{workspace}",), when=REAL),
)
"""The arm, its camera, and what stands between them and whoever acts."""


def session(learn: bool, require_policy: bool, record: bool = True) -> Node:
    """The conductor: whether episodes are learned from, need a policy, and are kept."""
    return Node(
        "fosp_agent",
        "session_node",
        {
            "task": Arg("task"),
            "seed_base": Arg("seed_base"),
            "learn": learn,
            "require_policy": require_policy,
            "record": record,
            "use_sim_time": Arg("lockstep"),
            "run_dir": Arg("run_dir"),
        },
        files=("{workspace}",),
    )


def recording(source: str) -> tuple[Node, ...]:
    """What writes episodes and labels, of a policy's acting or of an operator's."""
    return (
        Node(
            "fosp_agent",
            "recorder_node",
            {
                "run_dir": Arg("run_dir"),
                "environment": Arg("environment"),
                "source": source,
                "operator": Arg("operator"),
                "note": Arg("note"),
            },
            files=("camera-{camera}.yaml",),
        ),
        Node("fosp_agent", "label_node", {"run_dir": Arg("run_dir")}),
        Node("fosp_sim_bridge", "oracle_label_node", when=When("label", "oracle")),
    )


def teleop(alone: bool) -> tuple[Node, ...]:
    """The operator and the device, acting alone or taking over from a policy."""
    return (
        Node(
            "fosp_agent",
            "teleop_node",
            {
                "alone": alone,
                "pace": IfSet("lockstep", 0.1, 0.0),
                "label": IfIs("label", "operator"),
                "labeller": Arg("operator"),
                "note": Arg("note"),
            },
            files=("teleop-{teleop}.yaml",),
            when=When("teleop", "none", negated=True),
        ),
        Node("fosp_agent", "spacemouse_node", when=When("teleop", "spacemouse"), respawn=True),
    )


POLICY = Node(
    "fosp_agent",
    "policy_node",
    {
        "weights": Arg("weights"),
        "agent": Unless("agent", ANY_AGENT),
        "mode": Arg("mode"),
        "settings": Arg("settings"),
        "seed": Arg("seed"),
        "run_dir": Arg("run_dir"),
    },
)

TRAINER = Node(
    "fosp_agent",
    "trainer_node",
    {
        "run_dir": Arg("run_dir"),
        "weights": Arg("weights"),
        "agent": Unless("agent", ANY_AGENT),
        "dataset": Arg("dataset"),
        "updates_per_episode": Arg("updates_per_episode"),
        "seed": Arg("seed"),
    },
    respawn=True,
    side=TRAINER_SIDE,
)


def console(*, policy: bool = False) -> Node:
    """The operator's page, beside any stack."""
    parameters: dict[str, Parameter] = {
        "run_dir": Arg("run_dir"),
        "port": Arg("console_port"),
        "host": Arg("console_host"),
        "token": Arg("console_token"),
        "expected_nodes": OtherNodes(),
    }
    return Node(
        "fosp_agent",
        "console_node",
        parameters | ({"weights": Arg("weights")} if policy else {}),
        when=When("console", True),
        respawn=True,
        optional=True,
        terminal=True,
    )


def monitor(*, policy: bool = False) -> Node:
    """Marks, pictures and health for RViz and Foxglove, beside any stack."""
    parameters: dict[str, Parameter] = {
        "run_dir": Arg("run_dir"),
        "expected_nodes": OtherNodes(),
    }
    return Node(
        "fosp_agent",
        "monitor_node",
        parameters | ({"weights": Arg("weights")} if policy else {}),
        when=When("monitor", True),
        respawn=True,
        optional=True,
    )


TRIALS = Node(
    "fosp_agent",
    "trials_node",
    {
        "environment": Arg("environment"),
        "task": Arg("task"),
        "weights": Arg("weights"),
        "episodes": Arg("episodes"),
        "starts": IfIs("robot", "sim"),
        "tests": Arg("tests"),
        "mode": Arg("mode"),
        "settings": Arg("settings"),
        "run_dir": Arg("run_dir"),
        "expected_nodes": OtherNodes(),
    },
    required=True,
    terminal=True,
)
