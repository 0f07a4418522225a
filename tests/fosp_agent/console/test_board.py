"""What the page shows of the stack."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fosp_agent.console.board import MEMORY, SILENCE, STARTING, Board, Seen
from fosp_agent.control.session_state import Phase, Snapshot
from fosp_agent.control.verbs import ROBOT_VERBS
from fosp_agent.episodes.records import DUPLICATE, ActionRecord, VerdictRecord
from fosp_agent.types import Candidate

SIX = np.full(6, 0.25)


def running(episode: str = "e1") -> Snapshot:
    return Snapshot(Phase.RUNNING, episode, 0, 1, "original", 80, True, "the end of the episode")


def action(step: int, episode: str = "e1", u: float = 0.5) -> ActionRecord:
    candidates = tuple(
        Candidate(name, SIX.astype(np.float32), 1.0, 2.0, 0.5) for name in ("offline", "new")
    )
    return ActionRecord(
        0, episode, step, "policy", SIX, SIX, chosen=1, candidates=candidates, feasibility=u
    )


def verdict(
    step: int, accepted: bool = True, reason: int = 0, episode: str = "e1"
) -> VerdictRecord:
    return VerdictRecord(
        0, episode, step, "policy", accepted, SIX, SIX, reason=reason, detail="why"
    )


def seen(step: int, episode: str = "e1") -> Seen:
    return Seen(episode, step, np.full((64, 64, 3), step, np.uint8), np.zeros(6, np.float32))


def rows(board: Board) -> list[dict]:
    return next(m for m in board.everything() if m["type"] == "steps")["rows"]


def test_a_silent_node_is_dead_and_alive_again_with_its_next_beat():
    board = Board(["policy_node", "trainer_node"])
    board.beat("policy_node", 10.0)
    board.look_for_dead(10.0 + SILENCE / 2)
    assert board.piece("nodes") == [
        {"name": "policy_node", "alive": True, "starting": False},
        {"name": "trainer_node", "alive": False, "starting": True},
    ]
    board.look_for_dead(10.0 + SILENCE + 0.01)
    assert not board.piece("nodes")[0]["alive"]
    board.beat("policy_node", 13.0)
    board.look_for_dead(13.1)
    assert board.piece("nodes")[0]["alive"]
    board.look_for_dead(10.0 + SILENCE / 2 + STARTING)
    assert not any(node["starting"] for node in board.piece("nodes"))


def test_silence_of_two_beats_is_told_within_two_seconds():
    assert SILENCE + 0.2 < 2.0


def test_action_and_verdict_of_a_step_are_one_row_in_either_order():
    board = Board([])
    board.session(running())
    board.action(action(0))
    board.verdict(verdict(0))
    board.verdict(verdict(1, accepted=False, reason=4))
    board.action(action(1))
    first, second = rows(board)
    assert (first["policy"], first["u"], first["accepted"]) == ("new", 0.5, True)
    assert (second["policy"], second["accepted"], second["reason"]) == (
        "new",
        False,
        "step too large",
    )


def test_a_repeated_answer_changes_nothing():
    board = Board([])
    board.session(running())
    board.verdict(verdict(0))
    board.verdict(verdict(0, accepted=False, reason=DUPLICATE))
    board.verdict(verdict(0, accepted=False, reason=2))
    assert rows(board)[0]["accepted"] is True


def test_only_changes_are_told_and_each_once():
    board = Board([])
    board.session(running())
    board.action(action(0))
    kinds = [message["type"] for message in board.changes()]
    assert kinds == ["live", "steps"]
    assert board.changes() == []
    board.session(running())
    assert board.changes() == []


def test_everything_is_json_even_where_numbers_are_not_finite():
    board = Board(["a"])
    board.session(running())
    board.action(action(0, u=float("nan")))
    board.look_for_dead(0.0)
    json.dumps(board.everything(), allow_nan=False)
    assert rows(board)[0]["u"] is None


def test_a_new_episode_begins_a_new_timeline_and_late_words_of_the_old_one_are_left_out():
    board = Board([])
    board.session(running("e1"))
    board.action(action(0, "e1"))
    board.session(running("e2"))
    board.action(action(1, "e1"))
    board.verdict(verdict(1, episode="e1"))
    assert rows(board) == []
    board.action(action(0, "e2"))
    assert [row["step"] for row in rows(board)] == [0]


def test_the_history_is_the_newest_run_without_a_gap_with_what_was_executed_between():
    board = Board([])
    board.session(running())
    for step in (0, 1, 3, 4, 5):
        board.observation(seen(step))
        board.action(action(step))
    board.verdict(verdict(3))
    history = board.history()
    assert history is not None
    assert history.images[:, 0, 0, 0].tolist() == [3, 4, 5]
    np.testing.assert_array_equal(history.actions, [SIX, np.zeros(6)])
    assert (history.step, history.policy) == (5, "new")


def test_the_memory_of_images_is_bounded():
    board = Board([])
    board.session(running())
    for step in range(50):
        board.observation(seen(step))
    history = board.history()
    assert history is not None
    assert len(history.images) == MEMORY


def test_a_hold_is_seen_in_the_gates_words():
    board = Board([])
    board.session(running())
    board.verdict(verdict(0, accepted=False, reason=12))
    assert board.piece("held") is True
    board.verdict(verdict(1))
    assert board.piece("held") is False


@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("/start_episode", "start"),
        ("the scene to be set: call /scene_ready when it is", "ready"),
        ("the label of one: /label_episode", ""),
    ],
)
def test_a_page_is_told_for_which_of_its_buttons_the_session_waits(words: str, verb: str):
    board = Board([])
    board.session(replace(running(), waiting_for=words))
    assert board.piece("session")["waits_for"] == verb


def test_a_page_that_comes_later_is_told_who_offers_what_and_why_the_arm_asks_for_recovery():
    board = Board([])
    board.services({"reset": True, "recover": False})
    board.recovery("a contact: call /recover once the arm is free")
    live = next(m for m in board.everything() if m["type"] == "live")
    assert live["services"]["reset"] == {"call": "/reset", "offered": True}
    assert {what: told["offered"] for what, told in live["services"].items()} == {
        what: what == "reset" for what in ROBOT_VERBS
    }
    assert live["recovery"].startswith("a contact")
    board.changes()
    board.recovery("")
    assert board.changes() == [{"type": "live", "recovery": ""}]
