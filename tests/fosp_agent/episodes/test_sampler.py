"""The sampler: aligned, within one episode, in the promised shares, and resumable."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fosp_agent.episodes.errors import SamplerError
from fosp_agent.episodes.sampler import SequenceSampler, episode_number
from fosp_agent.types import Batch, Episode

EpisodeFactory = Callable[..., Episode]


def numbers(batch: Batch) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(B, T) the episode of each observation."""
    return batch.image[..., 0, 0, 0].astype(np.int64)


def steps(batch: Batch) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """(B, T) the step of each observation."""
    return batch.image[..., 0, 0, 1].astype(np.int64)


def filled(sentinel_episode: EpisodeFactory, **options: float) -> SequenceSampler:
    sampler = SequenceSampler(length=8, batch_size=6, seed=3, **options)  # type: ignore[arg-type]
    for number in range(5):
        sampler.add(sentinel_episode(number, contacts=(10, 11) if number < 2 else ()))
    return sampler


BY_CHANCE = 0.2 * 4 / 24
"""That a row of ``trials`` drawn uniformly shows a contact: one of 24 starts a step before it."""


def trials(
    sentinel_episode: EpisodeFactory, recent: float | None, demonstrations: int = 10
) -> SequenceSampler:
    """Ten demonstrations (or none) and ten trials; two of each have a contact."""
    sampler = SequenceSampler(
        length=4,
        batch_size=16,
        seed=0,
        contact_fraction=0.4,
        recent_fraction=0.5,
        recent_contact_fraction=recent,
    )
    for number in range(10 - demonstrations, 20):
        contacts = (10,) if number % 10 < 2 else ()
        sampler.add(sentinel_episode(number, contacts=contacts), online=number >= 10)
    return sampler


def test_row_never_crosses_an_episode(sentinel_episode: EpisodeFactory) -> None:
    sampler = filled(sentinel_episode, contact_fraction=0.5)
    for _ in range(200):
        batch = sampler.sample()
        assert (numbers(batch) == numbers(batch)[:, :1]).all()
        assert (np.diff(steps(batch), axis=1) == 1).all()


def test_every_array_belongs_to_the_same_observation(sentinel_episode: EpisodeFactory) -> None:
    sampler = filled(sentinel_episode, contact_fraction=0.5)
    for _ in range(50):
        batch = sampler.sample()
        code = 1000 * numbers(batch) + steps(batch)
        np.testing.assert_array_equal(batch.pose, np.repeat(code[..., None], 3, axis=-1))
        np.testing.assert_array_equal(batch.action[..., 0], code + 0.25)
        np.testing.assert_array_equal(batch.reward, code + 0.5)
        contact = (numbers(batch) < 2) & np.isin(steps(batch), (10, 11))
        np.testing.assert_array_equal(batch.cost, contact)
        np.testing.assert_array_equal(batch.is_terminal, steps(batch) == 20)


def test_rows_begin_with_is_first_and_only_there(sentinel_episode: EpisodeFactory) -> None:
    batch = filled(sentinel_episode).sample()
    assert batch.is_first[:, 0].all()
    assert not batch.is_first[:, 1:].any()


def test_shapes_and_types_are_those_of_the_contract(sentinel_episode: EpisodeFactory) -> None:
    batch = filled(sentinel_episode).sample()
    arrays = {name: value for name, value in vars(batch).items() if value is not None}
    found = {name: (value.shape, value.dtype.name) for name, value in arrays.items()}
    assert found == {
        "image": ((6, 8, 2, 2, 3), "uint8"),
        "pose": ((6, 8, 3), "float32"),
        "action": ((6, 8, 2), "float32"),
        "reward": ((6, 8), "float32"),
        "cost": ((6, 8), "float32"),
        "is_first": ((6, 8), "bool"),
        "is_terminal": ((6, 8), "bool"),
        "episode": ((6,), "int64"),
        "importance": ((6,), "float32"),
        "goal": ((6, 3), "float32"),
    }


def test_ends_of_an_episode_are_as_likely_as_its_middle(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=8, batch_size=64, seed=0)
    sampler.add(sentinel_episode(0, length=41))
    seen = np.zeros(41)
    for _ in range(300):
        np.add.at(seen, steps(sampler.sample()).ravel(), 1)
    middle = seen[16:25].mean()
    assert seen.min() > 0.9 * middle
    assert seen.max() < 2.1 * middle


def test_longer_episodes_are_drawn_more_often(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=4, batch_size=100, seed=0)
    sampler.add(sentinel_episode(0, length=7))
    sampler.add(sentinel_episode(1, length=27))
    share = np.mean([numbers(sampler.sample())[:, 0].mean() for _ in range(100)])
    assert share == pytest.approx(30 / 40, abs=0.02)


def test_contact_rows_contain_an_onset_in_the_promised_share(
    sentinel_episode: EpisodeFactory,
) -> None:
    sampler = SequenceSampler(length=4, batch_size=8, seed=0, contact_fraction=0.25)
    sampler.add(sentinel_episode(0, length=250, contacts=(3, 4)))
    rows = np.concatenate([sampler.sample().cost.any(axis=1) for _ in range(500)])
    by_chance = 0.75 * 6 / 253
    assert rows.mean() == pytest.approx(0.25 + by_chance, abs=0.02)


def test_contact_share_below_one_row_holds_on_average(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=4, batch_size=2, seed=0, contact_fraction=0.1)
    sampler.add(sentinel_episode(0, length=250, contacts=(100,)))
    rows = np.concatenate([sampler.sample().cost.any(axis=1) for _ in range(2000)])
    assert rows.mean() == pytest.approx(0.1 + 0.9 * 4 / 253, abs=0.02)


def test_every_place_of_the_onset_in_the_row_occurs(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=4, batch_size=8, seed=0, contact_fraction=1.0)
    sampler.add(sentinel_episode(0, length=21, contacts=(10, 11, 12)))
    places = {int(10 - row[0]) for _ in range(30) for row in steps(sampler.sample()) if 10 in row}
    assert places == {0, 1, 2, 3}


def test_recent_fraction_is_the_share_of_online_rows(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=8, batch_size=8, seed=0, recent_fraction=0.5)
    for number in range(10):
        sampler.add(sentinel_episode(number), online=number == 9)
    for _ in range(20):
        assert (numbers(sampler.sample())[:, 0] == 9).sum() == 4


@pytest.mark.parametrize("online", [True, False])
def test_lone_pool_serves_every_row(sentinel_episode: EpisodeFactory, online: bool) -> None:
    sampler = SequenceSampler(length=8, batch_size=8, seed=0, recent_fraction=0.5)
    sampler.add(sentinel_episode(1), online=online)
    assert sampler.sample().image.shape[0] == 8


def test_resumed_sampler_continues_the_same_sequence(sentinel_episode: EpisodeFactory) -> None:
    options = {"contact_fraction": 0.3, "recent_fraction": 0.0}
    sampler = filled(sentinel_episode, **options)
    for _ in range(7):
        sampler.sample()
    state = json.loads(json.dumps(sampler.state_dict()))
    expected = [sampler.sample() for _ in range(5)]
    resumed = filled(sentinel_episode, **options)
    resumed.load_state_dict(state)
    for batch in expected:
        again = resumed.sample()
        for name, value in vars(batch).items():
            np.testing.assert_array_equal(value, getattr(again, name))


def test_same_seed_gives_the_same_batches(sentinel_episode: EpisodeFactory) -> None:
    first, second = filled(sentinel_episode), filled(sentinel_episode)
    for _ in range(5):
        np.testing.assert_array_equal(first.sample().reward, second.sample().reward)


def test_resuming_with_other_episodes_or_settings_is_refused(
    sentinel_episode: EpisodeFactory,
) -> None:
    sampler = filled(sentinel_episode)
    state = sampler.state_dict()
    sampler.add(sentinel_episode(9))
    with pytest.raises(SamplerError, match=r"ids differ.*6 episodes now, 5 episodes saved"):
        sampler.load_state_dict(state)
    with pytest.raises(SamplerError, match="contact_fraction differ"):
        filled(sentinel_episode, contact_fraction=0.5).load_state_dict(state)


def test_relabelled_episode_takes_the_place_of_the_older(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=8, batch_size=4)
    episode = sentinel_episode(1)
    sampler.add(episode)
    sampler.add(replace(episode, reward=np.full(21, 9.0, np.float32)))
    assert sampler.ids == ("episode-1",)
    assert (sampler.sample().reward == 9.0).all()


def test_unlabelled_episode_is_refused(sentinel_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=8, batch_size=4)
    with pytest.raises(SamplerError, match=r"episode-1 is unlabelled.*label it"):
        sampler.add(replace(sentinel_episode(1), labelled=False))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 5}, "5 observations, fewer than"),
        ({"action_size": 3}, "action of size"),
        ({"side": 4}, "image of size"),
    ],
)
def test_episode_of_another_size_is_refused_and_named(
    sentinel_episode: EpisodeFactory, options: dict[str, int], message: str
) -> None:
    sampler = SequenceSampler(length=8, batch_size=4)
    sampler.add(sentinel_episode(0))
    with pytest.raises(SamplerError, match=f"episode-1.*{message}"):
        sampler.add(sentinel_episode(1, **options))


def test_sampling_nothing_is_an_error() -> None:
    with pytest.raises(SamplerError, match="no labelled episode"):
        SequenceSampler(length=8, batch_size=4).sample()


@pytest.mark.parametrize(
    "options", [{"contact_fraction": 1.5}, {"recent_fraction": -0.1}, {"length": 0}]
)
def test_argument_out_of_range_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(SamplerError):
        SequenceSampler(**{"length": 8, "batch_size": 4, **options})  # type: ignore[arg-type]


def test_batch_of_real_size_is_drawn_in_milliseconds(random_episode: EpisodeFactory) -> None:
    sampler = SequenceSampler(length=16, batch_size=16, contact_fraction=0.25)
    for number in range(5):
        sampler.add(random_episode(f"episode-{number}", length=81))
    seconds = []
    for _ in range(30):
        begin = time.perf_counter()
        sampler.sample()
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.003


def test_rows_say_which_episode_they_are_of_whatever_else_there_is(
    sentinel_episode: EpisodeFactory,
) -> None:
    fewer = SequenceSampler(length=8, batch_size=6)
    for number in (4, 2):
        fewer.add(sentinel_episode(number))
    for batch in (filled(sentinel_episode).sample(), fewer.sample()):
        assert batch.episode is not None
        expected = [episode_number(f"episode-{number}") for number in numbers(batch)[:, 0]]
        assert batch.episode.tolist() == expected


def test_importance_turns_oversampled_contacts_back_into_uniform_draws(
    sentinel_episode: EpisodeFactory,
) -> None:
    """Weighted, every row is as frequent as without oversampling, the ends of episodes too."""
    shares = []
    for share in (0.0, 0.7):
        sampler = filled(sentinel_episode, contact_fraction=share)
        found = {"contact": 0.0, "at an end": 0.0, "elsewhere": 0.0}
        for _ in range(2000):
            batch = sampler.sample()
            assert batch.importance is not None
            first = steps(batch)[:, 0]
            end = (first == 0) | (first == 13)
            kind = np.where(batch.cost.any(1), "contact", np.where(end, "at an end", "elsewhere"))
            for name, weight in zip(kind, batch.importance, strict=True):
                found[str(name)] += float(weight) / 12_000
        shares.append(found)
    assert sum(shares[1].values()) == pytest.approx(1.0, abs=0.05)
    assert shares[1] == pytest.approx(shares[0], rel=0.1)


@pytest.mark.parametrize(("given", "share"), [(None, 0.4), (0.0, 0.0), (0.2, 0.2)])
def test_contacts_of_the_trials_have_a_share_of_their_own(
    sentinel_episode: EpisodeFactory, given: float | None, share: float
) -> None:
    sampler = trials(sentinel_episode, given)
    batches = [sampler.sample() for _ in range(400)]
    for online, expected in ((True, share), (False, 0.4)):
        rows = np.concatenate([b.cost.any(1)[(numbers(b)[:, 0] >= 10) == online] for b in batches])
        assert len(rows) == 400 * 8
        assert rows.mean() == pytest.approx(expected + (1 - expected) * BY_CHANCE, abs=0.03)


def test_trials_alone_have_their_own_share_of_contacts(sentinel_episode: EpisodeFactory) -> None:
    sampler = trials(sentinel_episode, 0.0, demonstrations=0)
    rows = np.concatenate([sampler.sample().cost.any(1) for _ in range(400)])
    assert rows.mean() == pytest.approx(BY_CHANCE, abs=0.01)


@pytest.mark.parametrize("given", [None, 0.0, 0.2])
def test_importance_knows_the_share_of_the_trials_contacts(
    sentinel_episode: EpisodeFactory, given: float | None
) -> None:
    sampler = trials(sentinel_episode, given)
    found, count = 0.0, 0
    for _ in range(600):
        batch = sampler.sample()
        assert batch.importance is not None
        online = numbers(batch)[:, 0] >= 10
        found += float(batch.importance[online & batch.cost.any(1)].sum())
        count += int(online.sum())
    assert found / count == pytest.approx(BY_CHANCE, rel=0.2)


def test_a_checkpoint_of_an_older_version_knows_one_share(sentinel_episode: EpisodeFactory) -> None:
    state = filled(sentinel_episode, contact_fraction=0.3).state_dict()
    del state["recent_contact_fraction"]
    filled(sentinel_episode, contact_fraction=0.3).load_state_dict(state)
    other = filled(sentinel_episode, contact_fraction=0.3, recent_contact_fraction=0.0)
    with pytest.raises(SamplerError, match="recent_contact_fraction differ"):
        other.load_state_dict(state)


def test_the_goal_is_a_pose_at_which_the_rows_episode_was_rewarded(make_episode) -> None:
    reward = np.zeros(12, np.float32)
    reward[7:10] = 1.0
    rewarded = make_episode("original-7-0001", length=12, reward=reward)
    never = make_episode("original-7-0002", length=12, reward=np.zeros(12, np.float32))
    sampler = SequenceSampler(length=4, batch_size=16, seed=0)
    for episode in (rewarded, never):
        sampler.add(episode)
    batch = sampler.sample()
    assert batch.goal is not None and batch.episode is not None
    for goal, index in zip(batch.goal, batch.episode, strict=True):
        if index == episode_number(rewarded.id):
            np.testing.assert_array_equal(goal, rewarded.pose[8])
        else:
            assert np.isnan(goal).all()
    assert set(batch.episode) == {episode_number(e.id) for e in (rewarded, never)}
