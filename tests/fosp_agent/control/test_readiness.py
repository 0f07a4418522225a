"""An episode waits for the arm, the reset and the person; an arm that fails ends it."""

from __future__ import annotations

from fosp_agent.control.session import Session
from fosp_agent.control.session_plan import SessionPlan
from fosp_agent.control.session_state import Phase

PLAN = SessionPlan(require_policy=False, require_reset=True, require_scene=True)


def back(session: Session, *, done: bool = True, moving: bool = False, detail: str = "") -> None:
    after = session.snapshot.episode_id
    session.readiness.reset(after, done=done, moving=moving, detail=detail)
    session.prepared()


def test_it_says_in_turn_what_it_waits_for_and_then_starts() -> None:
    session = Session(PLAN)
    session.readiness.arm(False, "the arm is in mode reflex: call /recover")
    assert "call /recover" in session.start("1").refusal
    session.readiness.arm(True, "")
    assert "call /reset" in session.start("1").refusal
    back(session, done=False, moving=True)
    assert session.snapshot.waiting_for == "the arm to reach its start pose"
    assert "stay clear" in session.readiness.scene_set()
    back(session)
    assert "/scene_ready" in session.start("1").refusal
    assert session.readiness.scene_set() == ""
    assert session.start("1").started


def test_every_episode_needs_its_own_reset_and_scene() -> None:
    session = Session(SessionPlan(require_policy=False, learn=False, require_reset=True))
    back(session)
    assert session.start("1").started
    session.stop()
    session.labelled(session.snapshot.episode_id, 0.0)
    assert session.snapshot.phase is Phase.IDLE
    assert "call /reset" in session.start("2").refusal
    back(session, done=False, detail="the command gate vetoed it")
    assert "the command gate vetoed it" in session.start("2").refusal
    back(session)
    assert session.start("2").started


def test_an_arm_that_stops_following_aborts_the_episode_and_says_why() -> None:
    session = Session(SessionPlan(require_policy=False))
    assert session.start("1").started
    session.readiness.arm(False, "contact: external force 31.0 N")
    effects = session.prepared()
    assert session.snapshot.phase is Phase.ABORTED
    assert "external force 31.0 N" in effects.warning
    assert "external force 31.0 N" in session.snapshot.waiting_for


def test_without_an_arm_that_speaks_nothing_is_waited_for() -> None:
    session = Session(SessionPlan(require_policy=False))
    assert session.snapshot.waiting_for == "/start_episode"
