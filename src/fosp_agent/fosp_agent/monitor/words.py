"""The state of things in a few lines for people."""

from __future__ import annotations

import math
from dataclasses import dataclass

from fosp_agent.control.session_state import Phase
from fosp_agent.monitor.palette import QUIET, RGB, TEXT, VETO, of_actor, of_risk
from fosp_agent.monitor.scene import Scene

SOON = 5
"""Imagined steps that count as soon."""


@dataclass(frozen=True)
class Line:
    """A line of text."""

    text: str
    color: RGB


def status(scene: Scene) -> list[Line]:
    """Where the episode stands, who acts, how safe that is, and what was vetoed."""
    lines = [_where(scene), _who(scene), *_risk(scene), *_veto(scene)]
    return [line for line in lines if line is not None]


def _where(scene: Scene) -> Line | None:
    session = scene.session
    step = f"step {scene.observation.step}" if scene.observation is not None else "no step yet"
    if session is None:
        return Line(step, QUIET)
    phase = Phase(session.phase).words
    if session.phase is not Phase.RUNNING:
        return Line(f"{phase}: waits for {session.waiting_for}", QUIET)
    return Line(f"{session.task}, {step} of {session.max_steps}", TEXT)


def _who(scene: Scene) -> Line | None:
    action = scene.action
    if action is None:
        return None
    text = f"{scene.actor} acts"
    if 0 <= action.chosen < len(action.candidates):
        chosen = action.candidates[action.chosen]
        text += f"   Q_r {chosen.q_r:.2f}   Q_c {chosen.q_c:.2f}"
    if action.shield_reason:
        text += f"   shield: {action.shield_reason}"
    return Line(text, of_actor(scene.actor))


def _risk(scene: Scene) -> list[Line]:
    lines = []
    if scene.action is not None and math.isfinite(u := scene.action.feasibility):
        lines.append(Line(f"feasibility {u:.2f}", of_risk(1.0 - u)))
    if scene.vision is not None:
        now, soon = scene.vision.cost[0], max(scene.vision.cost[: SOON + 1])
        lines.append(Line(f"cost now {now:.2f}, soon {soon:.2f}", of_risk(soon)))
    return lines


def _veto(scene: Scene) -> list[Line]:
    if not scene.vetoed:
        return []
    if scene.vetoed_now and scene.refusals:
        last = scene.refusals[-1]
        return [Line(f"VETO: {last.reason}", VETO), Line(last.detail, VETO)]
    return [Line(f"{scene.vetoed} vetoed", QUIET)]
