"""The dataset check: counts, complaints, and the held-out split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fosp_agent.episodes.check import KINDS, check_dataset, split_held_out
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode

EpisodeFactory = Callable[..., Episode]


def labelled(episode: Episode, *, touched: bool, contacts: int) -> Episode:
    reward, cost = np.zeros((2, len(episode)), np.float32)
    reward[-1] = touched
    cost[:contacts] = 1.0
    return replace(episode, reward=reward, cost=cost)


def test_four_kinds_are_counted(store: EpisodeStore, random_episode: EpisodeFactory) -> None:
    for number, (touched, contacts) in enumerate([(1, 0), (1, 0), (0, 0), (1, 5), (0, 2)]):
        episode = random_episode(f"e{number}", length=10)
        store.write(labelled(episode, touched=bool(touched), contacts=contacts))
    report = check_dataset(store, observations=10)
    assert report.ok
    assert list(report.counts().items()) == list(zip(KINDS, (2, 1, 1, 1), strict=True))
    assert report.contact_share() == pytest.approx(7 / 50)


def test_each_defect_is_reported_with_its_file(
    store: EpisodeStore, random_episode: EpisodeFactory
) -> None:
    good = random_episode("good", length=10)
    store.write(good)
    store.write(replace(good, id="wild", action=good.action * 3))
    store.write(replace(good, id="frozen", image=np.repeat(good.image[:1], 10, axis=0)))
    store.write(replace(good, id="blind", pose=good.pose * np.nan))
    store.write(random_episode("short", length=9))
    store.write(replace(good, id="still"), period_ns=0)
    store.write(replace(good, id="unlabelled", labelled=False))
    store.file("cut").write_bytes(store.file("good").read_bytes()[:50_000])
    report = check_dataset(store, observations=10)
    problems = {file.id: " ".join(file.problems) for file in report.files}
    assert not report.ok
    assert problems["good"] == problems["unlabelled"] == ""
    assert "beyond [-1, 1]" in problems["wild"]
    assert "all images are the same" in problems["frozen"]
    assert "not finite" in problems["blind"]
    assert "9 observations instead of 10" in problems["short"]
    assert "stamps do not rise at step 1" in problems["still"]
    assert "damaged" in problems["cut"]
    assert report.counts()["unlabelled"] == report.counts()["unreadable"] == 1


def test_mixed_robots_and_leftovers_are_reported(
    store: EpisodeStore, random_episode: EpisodeFactory
) -> None:
    store.write(random_episode("one", length=5))
    store.write(random_episode("two", length=5, channels=6))
    store.writer("crashed", {}, [1.0])
    problems = " ".join(check_dataset(store, observations=None).problems)
    assert "several sizes" in problems
    assert "crashed.mcap.active was not finished" in problems


def test_held_out_split_keeps_the_mix_and_depends_on_ids_alone() -> None:
    kinds = {f"e{n:03}": KINDS[min(n // 60, 3)] for n in range(200)}
    train, held_out = split_held_out(kinds, 0.1)
    assert sorted(train + held_out) == sorted(kinds)
    assert Counter(kinds[id_] for id_ in held_out) == dict(zip(KINDS, (6, 6, 6, 2), strict=True))
    shuffled = dict(sorted(kinds.items(), reverse=True))
    assert set(split_held_out(shuffled, 0.1)[1]) == set(held_out)


def test_nothing_is_held_out_at_zero() -> None:
    assert split_held_out({"a": KINDS[0]}, 0.0) == (["a"], [])
