"""One decision a step: duplicates, order, resets and what was executed before."""

from __future__ import annotations

import numpy as np
import pytest

from fosp_agent.control.decision_loop import DecisionLoop, DecisionRefused, Observed, policy_seed
from fosp_agent.types import Candidate, Decision, FloatArray

EPISODE = "three_obstacles-1"


class FakePolicy:
    """Counts its decisions; each is its number / 100."""

    action_scale = np.ones(2, np.float32)

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.executed: list[FloatArray | None] = []
        self.spoilt = False

    def reset(self, seed: int | None = None) -> None:
        self.seeds.append(seed)

    def act(self, _image: object, _pose: object, executed: FloatArray | None = None) -> Decision:
        self.executed.append(executed)
        action = np.full(2, np.nan if self.spoilt else len(self.executed) / 100, np.float32)
        return Decision(action, 0, (Candidate("offline", action, 0.0, 0.0, 1.0),), 1.0)


def observed(step: int, *, episode: str = EPISODE, last: int = 80, at: float = 0.0) -> Observed:
    return Observed(
        episode,
        step,
        is_first=step == 0,
        is_last=step == last,
        image=np.zeros((64, 64, 3), np.uint8),
        pose=np.zeros(6, np.float32),
        received=at,
    )


@pytest.fixture
def policy() -> FakePolicy:
    return FakePolicy()


@pytest.fixture
def loop(policy: FakePolicy) -> DecisionLoop:
    made = DecisionLoop(lambda: policy, verdict_patience=1.0)
    made.session(EPISODE, 7, True)
    return made


def test_the_policy_is_seeded_from_the_session(loop: DecisionLoop, policy: FakePolicy) -> None:
    loop.observe(observed(0))
    assert policy.seeds == [policy_seed(7)]
    assert policy.executed == [None]


def test_a_repeated_observation_gets_the_same_decision(
    loop: DecisionLoop, policy: FakePolicy
) -> None:
    first, second = loop.observe(observed(0)), loop.observe(observed(0))
    assert first is not None
    assert second is not None
    assert second.repeated
    assert second.decision is first.decision
    assert len(policy.executed) == 1


def test_the_executed_action_is_the_verdicts(loop: DecisionLoop, policy: FakePolicy) -> None:
    loop.observe(observed(0))
    loop.verdict(EPISODE, 0, [0.0, 0.0], False)
    loop.observe(observed(1))
    assert policy.executed[1] is not None
    np.testing.assert_array_equal(policy.executed[1], [0.0, 0.0])


def test_an_observation_waits_for_the_verdict_before_it(
    loop: DecisionLoop, policy: FakePolicy
) -> None:
    loop.observe(observed(0))
    assert loop.observe(observed(1)) is None
    assert loop.verdict(EPISODE, 0, [0.5, 0.5], True) is not None
    np.testing.assert_array_equal(np.asarray(policy.executed[1]), [0.5, 0.5])


def test_a_verdict_that_never_comes_counts_as_holding(
    loop: DecisionLoop, policy: FakePolicy
) -> None:
    loop.observe(observed(0))
    assert loop.observe(observed(1, at=5.0)) is None
    assert loop.expire(5.5) is None
    assert loop.expire(6.5) is not None
    np.testing.assert_array_equal(np.asarray(policy.executed[1]), [0.0, 0.0])


def test_an_observation_before_its_session_waits(loop: DecisionLoop, policy: FakePolicy) -> None:
    assert loop.observe(observed(0, episode="next")) is None
    answer = loop.session("next", 8, True)
    assert answer is not None
    assert policy.seeds == [policy_seed(8)]


def test_no_decision_at_the_last_observation_or_after_the_end(
    loop: DecisionLoop, policy: FakePolicy
) -> None:
    loop.observe(observed(0))
    assert not loop.between_episodes
    assert loop.observe(observed(1, last=1)) is None
    assert loop.between_episodes
    assert loop.observe(observed(1)) is None
    loop.session(EPISODE, 7, False)
    assert loop.observe(observed(2)) is None
    assert len(policy.executed) == 1


def test_a_nan_decision_is_refused_and_not_drawn_again(
    loop: DecisionLoop, policy: FakePolicy
) -> None:
    policy.spoilt = True
    for _ in range(2):
        with pytest.raises(DecisionRefused, match="not finite"):
            loop.observe(observed(0))
    assert len(policy.executed) == 1


def test_without_weights_the_error_names_the_remedy() -> None:
    loop = DecisionLoop(lambda: None, verdict_patience=1.0)
    loop.session(EPISODE, 7, True)
    with pytest.raises(DecisionRefused, match="start the trainer"):
        loop.observe(observed(0))
