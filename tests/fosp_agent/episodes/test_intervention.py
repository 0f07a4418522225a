"""The steps that an operator took over are known as the operator's, from the file to the batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.sampler import SequenceSampler, episode_number
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

STEPS = 8
OPERATOR = np.array([False, False, True, True, True, False, False, False])


def recorded(folder: Path) -> EpisodeStore:
    """An episode whose steps 2 to 4 the operator took over; the policy was vetoed there."""
    store = EpisodeStore(folder)
    writer = store.writer("e", {"task": "original"}, [1.0] * 6)
    for step in range(STEPS):
        last = step == STEPS - 1
        image = np.zeros((64, 64, 3), np.uint8)
        writer.observation(step, ObservationRecord(step, "e", step, step == 0, last, image, ZERO))
        if last:
            break
        asked = np.full(6, 0.1 * step)
        writer.action(step, ActionRecord(step, "e", step, "policy", asked, asked))
        if OPERATOR[step]:
            veto = VerdictRecord(step, "e", step, "policy", False, ZERO, ZERO, reason=7)
            writer.verdict(step, veto)
            writer.action(step, ActionRecord(step, "e", step, "teleop", -asked, -asked))
            writer.verdict(step, VerdictRecord(step, "e", step, "teleop", True, -asked, -asked))
        else:
            writer.verdict(step, VerdictRecord(step, "e", step, "policy", True, asked, asked))
    writer.close()
    return store


ZERO = np.zeros(6)


def test_the_record_tells_the_operators_steps_and_what_was_executed(tmp_path: Path) -> None:
    episode = recorded(tmp_path).load("e")
    np.testing.assert_array_equal(episode.by_operator, OPERATOR)
    sign = np.where(OPERATOR, -1, 1)[:-1]
    np.testing.assert_allclose(episode.action[:-1, 0], 0.1 * np.arange(STEPS - 1) * sign, atol=1e-6)


def test_an_episode_that_is_written_at_once_keeps_them(tmp_path: Path) -> None:
    episode = recorded(tmp_path / "one").load("e")
    other = EpisodeStore(tmp_path / "other")
    other.write(replace(episode, id="copy", labelled=False))
    np.testing.assert_array_equal(other.load("copy").by_operator, OPERATOR)


def episode_of(name: str) -> Episode:
    length = STEPS
    return Episode(
        name,
        np.zeros((length, 64, 64, 3), np.uint8),
        np.zeros((length, 6), np.float32),
        np.zeros((length, 6), np.float32),
        np.zeros(length, np.float32),
        np.zeros(length, np.float32),
        np.zeros(length, np.bool_),
        operator=OPERATOR,
    )


def test_batches_mark_interventions_of_online_episodes_and_no_demonstrations() -> None:
    sampler = SequenceSampler(length=STEPS, batch_size=32, seed=0, contact_fraction=0.0)
    sampler.add(episode_of("demonstration"))
    sampler.add(episode_of("trial"), online=True)
    batch = sampler.sample()
    assert batch.intervention is not None
    assert batch.episode is not None
    for row, marks in zip(batch.episode, batch.intervention, strict=True):
        of_trial = row == episode_number("trial")
        np.testing.assert_array_equal(marks, OPERATOR if of_trial else np.zeros(STEPS, np.bool_))
    assert set(batch.episode) == {episode_number("demonstration"), episode_number("trial")}
