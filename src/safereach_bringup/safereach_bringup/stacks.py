"""Which nodes run together: the one list behind `ros2 launch` and `./safereach launch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from safereach_bringup.arguments import ARGUMENTS, Argument, ArgumentError
from safereach_bringup.nodes import (
    POLICY,
    ROBOT_NODES,
    TRAINER,
    TRIALS,
    console,
    monitor,
    recording,
    session,
    teleop,
)
from safereach_bringup.stack_types import Stack

LEARNING_ARGUMENTS = frozenset({"episodes", "updates_per_episode", "tests", "dataset", "side"})
POLICY_ARGUMENTS = frozenset({"weights", "agent", "mode", "planning", "settings", "seed"})
OPERATOR_ARGUMENTS = frozenset({"label", "teleop", "operator", "note"})


def _arguments(without: frozenset[str], **defaults: str) -> tuple[Argument, ...]:
    """The arguments of a stack, some with another default."""
    return tuple(
        replace(argument, default=defaults.get(argument.name, argument.default))
        for argument in ARGUMENTS
        if argument.name not in without
    )


STACKS: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        Stack(
            "finetune",
            "Episodes one after another, each labelled and learned from, with tests before and "
            "after; ends by itself",
            (
                *ROBOT_NODES,
                session(learn=True, require_policy=True),
                *recording("policy"),
                *teleop(alone=False),
                POLICY,
                TRAINER,
                TRIALS,
                console(policy=True),
                monitor(policy=True),
            ),
            ARGUMENTS,
        ),
        Stack(
            "evaluate",
            "The policy acts, nothing is learned; you call /start_episode",
            (
                *ROBOT_NODES,
                session(learn=False, require_policy=True),
                *recording("policy"),
                *teleop(alone=False),
                POLICY,
                console(policy=True),
                monitor(policy=True),
            ),
            _arguments(LEARNING_ARGUMENTS),
        ),
        Stack(
            "record",
            "An operator drives, marks and records demonstrations; with teleop:=none, whoever "
            "publishes `action`",
            (
                *ROBOT_NODES,
                session(learn=False, require_policy=False),
                *recording("teleop"),
                *teleop(alone=True),
                console(),
                monitor(),
            ),
            _arguments(
                LEARNING_ARGUMENTS | POLICY_ARGUMENTS,
                teleop="joy",
                label="operator",
                lockstep="false",
            ),
        ),
        Stack(
            "sim",
            "The simulated robot and its session alone; you call /start_episode",
            (
                *ROBOT_NODES,
                session(learn=False, require_policy=False, record=False),
                console(),
                monitor(),
            ),
            _arguments(LEARNING_ARGUMENTS | POLICY_ARGUMENTS | OPERATOR_ARGUMENTS),
        ),
    )
}


def find(name: str) -> Stack:
    """The stack of this name.

    Raises:
        ArgumentError: there is none; the message lists those that there are.
    """
    if name not in STACKS:
        raise ArgumentError(f"unknown stack '{name}'; there are: {', '.join(STACKS)}")
    return STACKS[name]
