"""Who is imitated: what cost little, and of that what returned more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fosp_agent.episodes.exemplars import exemplary
from fosp_agent.episodes.sampler import SequenceSampler, episode_number
from fosp_agent.types import Episode

EpisodeFactory = Callable[..., Episode]


def episode(make_episode: EpisodeFactory, name: str, gain: float, cost: float) -> Episode:
    """Eight steps that come to these sums."""
    rewards, costs = np.zeros(8, np.float32), np.zeros(8, np.float32)
    rewards[3], costs[5] = gain, cost
    return make_episode(name, reward=rewards, cost=costs)


def test_what_costs_more_than_the_limit_is_no_example(make_episode) -> None:
    made = [episode(make_episode, f"e-{i}", 1.0, cost) for i, cost in enumerate((0, 5, 6))]
    assert exemplary(made, 5.0).tolist() == [True, True, False]


def test_of_the_cheap_ones_those_that_return_least_are_dropped(make_episode) -> None:
    gains = ((0.0, 0), (10.0, 0), (20.0, 0), (30.0, 9), (-5.0, 9))
    made = [episode(make_episode, f"e-{i}", *both) for i, both in enumerate(gains)]
    assert exemplary(made, 5.0, 0.5).tolist() == [False, True, True, False, False]


def test_where_none_keeps_the_limit_the_cheapest_are_imitated(make_episode) -> None:
    made = [episode(make_episode, f"e-{i}", 1.0, cost) for i, cost in enumerate((30, 20, 20))]
    assert exemplary(made, 5.0).tolist() == [False, True, True]


def test_rows_say_whether_they_are_to_be_imitated(make_episode) -> None:
    sampler = SequenceSampler(length=4, batch_size=16, exemplars=(5.0, 0.0))
    sampler.add(episode(make_episode, "cheap", 1.0, 0.0))
    sampler.add(episode(make_episode, "dear", 1.0, 9.0))
    batch = sampler.sample()
    assert batch.exemplary is not None and batch.episode is not None
    assert set(batch.episode) == {episode_number("cheap"), episode_number("dear")}
    np.testing.assert_array_equal(batch.exemplary, batch.episode == episode_number("cheap"))
    sampler.add(episode(make_episode, "dear", 1.0, 0.0))  # relabelled
    batch = sampler.sample()
    assert batch.exemplary is not None and batch.exemplary.all()


def test_without_a_limit_rows_say_nothing(make_episode) -> None:
    sampler = SequenceSampler(length=4, batch_size=2)
    sampler.add(episode(make_episode, "any", 1.0, 9.0))
    assert sampler.sample().exemplary is None
