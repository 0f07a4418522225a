"""No input whatever makes the gate emit a target outside the box, too fast, or not finite."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fosp_agent.control.command_gate import CommandGate
from fosp_agent.control.gate_limits import GateConfig
from fosp_agent.control.gate_sources import ButtonState, Operator
from fosp_agent.control.gate_verdict import Request, RobotState

LOW = np.array([0.365, -0.130, 0.018, -0.25, -0.25, -0.35])
HIGH = np.array([0.690, 0.130, 0.125, 0.25, 0.25, 0.35])
CONFIG = GateConfig(box_min=tuple(LOW), box_max=tuple(HIGH), max_tilt=0.3)
SCALE = np.array(CONFIG.action_scale)
MILLISECOND = 1_000_000


@dataclass(frozen=True)
class Input:
    """Everything that reaches the gate at one moment."""

    wait_ms: int
    stamp_back_ms: int
    pose_back_ms: int
    episode: str
    step_ahead: int
    source: str
    enable: ButtonState
    pose: tuple[float, ...]
    delta: tuple[float, ...]


wild = st.floats(width=64, allow_nan=True, allow_infinity=True)
near = st.tuples(*(st.floats(low - 0.03, high + 0.03) for low, high in zip(LOW, HIGH, strict=True)))
sane_delta = st.tuples(*(st.floats(-s, s) for s in SCALE))
sane = st.builds(
    Input,
    wait_ms=st.integers(20, 150),
    stamp_back_ms=st.integers(0, 60),
    pose_back_ms=st.integers(0, 20),
    episode=st.just("e"),
    step_ahead=st.just(1),
    source=st.just("policy"),
    enable=st.just(ButtonState.RELEASED),
    pose=near,
    delta=sane_delta,
)
anything = st.builds(
    Input,
    wait_ms=st.integers(-2000, 2000),
    stamp_back_ms=st.integers(-1000, 1000),
    pose_back_ms=st.integers(-1000, 1000),
    episode=st.sampled_from(["e", "f", ""]),
    step_ahead=st.integers(-2, 3),
    source=st.sampled_from(["policy", "teleop", "reset", "stranger"]),
    enable=st.sampled_from(list(ButtonState)),
    pose=st.one_of(near, st.lists(wild, min_size=0, max_size=8).map(tuple)),
    delta=st.one_of(sane_delta, st.lists(wild, min_size=0, max_size=8).map(tuple)),
)


def emitted(inputs: list[Input], config: GateConfig = CONFIG) -> list[tuple[int, str, np.ndarray]]:
    """Time [ns], episode and target of everything that the gate lets through; also checks each."""
    gate, found = CommandGate(config), []
    now, step = 1_000_000 * MILLISECOND, 0
    for one in inputs:
        now += one.wait_ms * MILLISECOND
        step = max(step + one.step_ahead, 0)
        delta, pose = np.array(one.delta, float), np.array(one.pose, float)
        with np.errstate(all="ignore"):
            asked = Request(
                one.episode,
                step,
                now - one.stamp_back_ms * MILLISECOND,
                one.source,
                delta,
                delta / np.resize(SCALE, delta.size),
            )
        state = RobotState(
            now, "e", pose, now - one.pose_back_ms * MILLISECOND, Operator(one.enable)
        )
        verdict = gate.judge(asked, state)
        assert np.isfinite(verdict.delta).all()
        assert np.isfinite(verdict.normalized).all()
        assert (np.abs(verdict.normalized) <= 1.0).all()
        if verdict.accepted and not verdict.repeated:
            assert verdict.target is not None
            step_limit = np.maximum(SCALE, config.box_tolerance) + 1e-9
            assert (np.abs(verdict.target - pose) <= step_limit).all()
            found.append((now, one.episode, verdict.target))
    return found


@settings(max_examples=100)
@given(st.lists(st.one_of(sane, anything), max_size=12))
def test_no_sequence_of_inputs_yields_a_target_outside_the_box_or_not_finite(
    inputs: list[Input],
) -> None:
    for _, episode, target in emitted(inputs):
        assert episode == "e"
        assert np.isfinite(target).all()
        assert (target >= LOW).all()
        assert (target <= HIGH).all()


@settings(max_examples=100)
@given(st.lists(st.one_of(sane, anything), max_size=12))
def test_no_sequence_of_inputs_moves_the_target_faster_than_the_limit(inputs: list[Input]) -> None:
    targets = emitted(inputs)
    for (before, _, one), (after, _, other) in itertools.pairwise(targets):
        distance = float(np.linalg.norm(other[:3] - one[:3]))
        assert distance <= CONFIG.max_target_speed * (after - before) * 1e-9 + 1e-9


@settings(max_examples=60)
@given(st.lists(sane, min_size=2, max_size=12))
def test_no_sequence_of_inputs_is_jerkier_than_the_limit(inputs: list[Input]) -> None:
    """Of steps a period apart, each from where the arm is measured."""
    strict = GateConfig(box_min=tuple(LOW), box_max=tuple(HIGH), max_jerk=20.0)
    gate, period, velocity, acceleration = CommandGate(strict), strict.period, 0.0, 0.0
    last_step = -1
    centre = (LOW + HIGH) / 2
    for step, one in enumerate(inputs):
        delta, stamp = np.array(one.delta), step * 100 * MILLISECOND
        asked = Request("e", step, stamp, "policy", delta, delta / SCALE)
        if not gate.judge(asked, RobotState(stamp, "e", centre)).accepted:
            continue
        if step != last_step + 1:
            velocity, acceleration = 0.0, 0.0
        after = delta[:3] / period
        change = (after - velocity) / period
        assert np.linalg.norm(change - acceleration) / period <= strict.max_jerk + 1e-6
        velocity, acceleration, last_step = after, change, step


@given(near, sane_delta)
def test_no_accepted_target_tilts_the_tool_out_of_the_cone_unless_it_leads_back(
    pose: tuple[float, ...], delta: tuple[float, ...]
) -> None:
    asked = Request("e", 0, 0, "policy", np.array(delta), np.array(delta) / SCALE)
    verdict = CommandGate(CONFIG).judge(asked, RobotState(0, "e", np.array(pose)))
    if verdict.accepted:
        assert verdict.target is not None
        assert tilt(verdict.target) <= max(CONFIG.max_tilt, tilt(np.array(pose))) + 1e-9


def tilt(pose: np.ndarray) -> float:
    return float(np.arccos(np.clip(np.cos(pose[3]) * np.cos(pose[4]), -1.0, 1.0)))
