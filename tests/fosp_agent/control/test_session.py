"""The session's states, from the first weights to the next episode."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fosp_agent.control.session import Session
from fosp_agent.control.session_plan import PlanError, SessionPlan, episode_name
from fosp_agent.control.session_state import Phase

PLAN = SessionPlan(task="original", max_steps=3, seed_base=10)


def ready(plan: SessionPlan = PLAN) -> Session:
    session = Session(plan)
    session.announced(1, "aa", "")
    session.policy_status(1, "aa", True, "")
    return session


def running(plan: SessionPlan = PLAN) -> tuple[Session, str]:
    session = ready(plan)
    assert session.start("u0").started
    return session, session.snapshot.episode_id


def awaiting(plan: SessionPlan = PLAN) -> tuple[Session, str]:
    session, episode = running(plan)
    for step in range(4):
        session.observed(episode, step, step == 3)
    session.recorded(episode)
    return session, episode


def training() -> tuple[Session, str]:
    session, episode = awaiting()
    session.labelled(episode, 2.0)
    return session, episode


def test_an_episode_ends_after_its_steps_though_nobody_says_it_is_the_last() -> None:
    session, episode = running()
    session.observed(episode, 2, False)
    assert session.snapshot.phase is Phase.RUNNING
    session.observed(episode, 3, False)
    assert session.snapshot.phase is Phase.AWAITING_LABEL


def test_an_episode_goes_through_every_phase_and_ends_when_its_weights_act() -> None:
    session, episode = running()
    assert session.snapshot.phase is Phase.RUNNING
    assert not session.observed(episode, 2, False).started
    assert session.observed(episode, 3, True).changed
    assert session.snapshot.phase is Phase.AWAITING_LABEL
    session.recorded(episode)
    session.labelled(episode, 0.0)
    assert session.snapshot.phase is Phase.TRAINING
    session.learned(episode)
    session.announced(2, "bb", episode)
    assert session.snapshot.phase is Phase.TRAINING
    session.policy_status(2, "bb", True, "")
    assert session.snapshot.phase is Phase.IDLE


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
def test_the_news_that_end_training_may_come_in_any_order(order: tuple[int, ...]) -> None:
    session, episode = training()
    news = (
        lambda: session.learned(episode),
        lambda: session.announced(2, "bb", episode),
        lambda: session.policy_status(2, "bb", True, ""),
    )
    for count, index in enumerate(order):
        assert session.snapshot.phase is Phase.TRAINING, count
        news[index]()
    assert session.snapshot.phase is Phase.IDLE


def test_old_weights_that_still_act_do_not_end_the_training() -> None:
    session, episode = training()
    session.learned(episode)
    session.policy_status(1, "aa", True, "")
    assert session.snapshot.phase is Phase.TRAINING
    assert "weights made after" in session.snapshot.waiting_for


def test_refused_weights_end_the_training_with_a_warning() -> None:
    session, episode = training()
    session.learned(episode)
    session.announced(2, "bb", episode)
    effects = session.policy_status(1, "aa", False, "wrong hash")
    assert session.snapshot.phase is Phase.IDLE
    assert "wrong hash" in effects.warning


def test_a_test_episode_is_idle_once_it_is_labelled() -> None:
    session, episode = awaiting(replace(PLAN, learn=False))
    session.labelled(episode, 5.0)
    assert session.snapshot.phase is Phase.IDLE
    assert session.spent_cost == 0.0


def test_a_discarded_episode_is_never_trained_on() -> None:
    session, episode = awaiting()
    session.discarded(episode)
    assert session.snapshot.phase is Phase.IDLE


def test_an_episode_that_the_trainer_gives_up_is_no_longer_waited_for() -> None:
    session, episode = training()
    session.discarded(episode)
    assert session.snapshot.phase is Phase.IDLE


def test_an_aborted_episode_ends_at_once_and_awaits_its_label_when_recorded() -> None:
    session, episode = running()
    assert session.abort().changed
    assert session.snapshot.phase is Phase.ABORTED
    assert session.observed(episode, 3, True).changed is False
    session.recorded(episode)
    assert session.snapshot.phase is Phase.AWAITING_LABEL


def test_an_abort_with_nothing_recorded_leads_back_to_idle() -> None:
    session, episode = running()
    session.abort()
    session.discarded(episode)
    assert session.snapshot.phase is Phase.IDLE


def test_an_abort_while_training_gives_up_waiting() -> None:
    session, episode = training()
    assert episode in session.abort().warning
    assert session.snapshot.phase is Phase.IDLE
    assert session.start("u1").started


def unrecorded() -> tuple[Session, str]:
    """A running episode that nobody records."""
    return running(SessionPlan(require_policy=False, record=False))


def test_where_nobody_records_the_next_episode_waits_for_no_file_and_no_label() -> None:
    for end in (Session.stop, lambda session: session.observed(episode, 80, is_last=True)):
        session, episode = unrecorded()
        end(session)
        assert session.snapshot.phase is Phase.IDLE
        assert session.start("again").started


def test_an_abort_is_seen_where_nobody_records_and_the_next_episode_may_start() -> None:
    session, _ = unrecorded()
    session.abort()
    assert session.snapshot.phase is Phase.ABORTED
    assert session.snapshot.waiting_for == "/start_episode"
    assert session.start("again").started


def test_stop_ends_a_running_episode_and_is_refused_otherwise() -> None:
    session, _ = running()
    assert session.stop().changed
    assert session.snapshot.phase is Phase.AWAITING_LABEL
    assert "no episode is running" in session.stop().refusal


def test_a_start_is_refused_with_what_is_missing_and_what_to_do() -> None:
    assert "weights not loaded yet" in Session(PLAN).start("u").refusal
    session, episode = running()
    assert "/stop_episode or /abort" in session.start("u").refusal
    session.stop()
    assert f"episode {episode} awaits its label: call /label_episode" in session.start("u").refusal
    session.labelled(episode, 0.0)
    assert "the trainer to learn" in session.start("u").refusal


def test_a_start_waits_for_announced_weights_to_act() -> None:
    session = ready()
    session.announced(2, "bb", "")
    assert "announced but not loaded" in session.start("u").refusal
    session.policy_status(2, "bb", True, "")
    assert session.start("u").started


def test_without_a_policy_episodes_may_start_when_the_plan_says_so() -> None:
    assert Session(replace(PLAN, require_policy=False)).start("u").started


def test_a_spent_cost_budget_refuses_further_episodes() -> None:
    session, episode = awaiting(replace(PLAN, cost_budget=2.0))
    session.labelled(episode, 2.0)
    session.abort()
    assert "cost budget of 2 is spent (2)" in session.start("u").refusal
    session.planned(replace(PLAN, cost_budget=9.0))
    assert session.start("u").started


def test_seeds_count_up_from_the_base_and_a_named_seed_stands() -> None:
    session, episode = running()
    assert session.snapshot.seed == 10
    session.abort()
    session.discarded(episode)
    session.start("u1")
    assert (session.snapshot.index, session.snapshot.seed) == (1, 11)
    assert replace(PLAN, seed=1000).seed_of(5) == 1000


def test_news_of_other_episodes_change_nothing() -> None:
    session, _ = awaiting()
    before = session.snapshot
    for effects in (
        session.labelled("other", 1.0),
        session.discarded("other"),
        session.recorded("other"),
        session.learned("other"),
        session.observed("other", 3, True),
    ):
        assert not effects.changed
    assert session.snapshot == before


@given(st.lists(st.integers(0, 9), max_size=40))
def test_no_order_of_events_breaks_the_session(choices: list[int]) -> None:
    session = ready()
    for number, choice in enumerate(choices):
        episode = session.snapshot.episode_id
        events = (
            lambda number=number: session.start(f"u{number}"),
            session.stop,
            session.abort,
            lambda episode=episode: session.observed(episode, 1, False),
            lambda episode=episode: session.observed(episode, 3, True),
            lambda episode=episode: session.recorded(episode),
            lambda episode=episode: session.labelled(episode, 1.0),
            lambda episode=episode: session.learned(episode),
            lambda episode=episode, number=number: session.announced(number, f"{number}", episode),
            lambda number=number: session.policy_status(number - 1, f"{number - 1}", True, ""),
        )
        before = session.snapshot.phase
        effects = events[choice]()
        changed_phase = session.snapshot.phase is not before
        assert effects.changed or not changed_phase
        assert session.snapshot.waiting_for
        assert effects.started == (choice == 0 and not effects.refusal)


def test_episode_names_are_safe_for_files() -> None:
    assert episode_name("my task/1", 3, "t") == "my_task_1-3-t"


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(PlanError, match="max_steps"):
        SessionPlan(max_steps=0)


def test_a_corrected_label_corrects_the_spent_cost() -> None:
    session = Session(SessionPlan(cost_budget=9.0))
    session.costs["old"] = 4.0
    assert session.labelled("old", 1.0).changed
    assert session.snapshot.cost_spent == 1.0
    assert session.snapshot.cost_budget == 9.0
    assert session.discarded("old").changed
    assert session.snapshot.cost_spent == 0.0
    assert not session.labelled("unknown", 3.0).changed
