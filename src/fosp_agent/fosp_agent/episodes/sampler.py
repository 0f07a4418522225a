"""Draws batches of sequences from episodes.

B batch, T sequence length, N observations of an episode.

Start positions. A row lies within one episode. The start is drawn uniformly from ``-(T-1) .. N-1``
and then moved to the nearest position at which the row fits, ``0 .. N-T``. Drawing from
``0 .. N-T`` alone would show the first and the last observation T times less often than one in
the middle; so the ends, where episodes are decided, are seen at least as often as the middle
(the T observations next to an end up to twice as often).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fosp_agent.episodes.errors import SamplerError
from fosp_agent.episodes.exemplars import exemplary
from fosp_agent.episodes.landmarks import contact_onsets, goal_pose
from fosp_agent.types import Batch, BoolArray, Episode, FloatArray, IntArray


@dataclass
class _Pool:
    """Episodes that are drawn from alike: those of the dataset, or those of this session."""

    episodes: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """(E,) indices into the sampler's episodes."""
    ends: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    """(E,) running sum of the number of extended start positions."""
    onsets: IntArray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    """(K, 2) episode index and step of each contact onset."""
    contact_fraction: float = 0.0
    """Share of its rows drawn around contacts."""


class SequenceSampler:
    """Uniform sequences, with a share around contacts and a share of this session's episodes.

    Args:
        length: T, observations a row.
        batch_size: B, rows a batch.
        seed: of the sampler's own random generator.
        contact_fraction: share of the rows drawn as windows that contain the onset of a contact
            (a cost after none), each position of the onset in the window equally likely. In
            expectation exact; without any contact those rows are uniform.
        recent_fraction: share of the rows drawn from the episodes added as online, the others
            then come from the dataset. 0: all episodes alike. A pool without episodes leaves its
            share to the other.
        exemplars: limits of ``exemplars.exemplary``, which says which rows are to be imitated.
        recent_contact_fraction: the same share of the rows from online episodes; None:
            ``contact_fraction``. The first contact of many trials is else shown in every batch.
            Where ``recent_fraction`` is 0 the kinds are not told apart, unless all are online.

    Raises:
        SamplerError: an argument is out of its range.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        seed: int = 0,
        contact_fraction: float = 0.0,
        recent_fraction: float = 0.0,
        exemplars: tuple[float, float] | None = None,
        recent_contact_fraction: float | None = None,
    ) -> None:
        if length < 1 or batch_size < 1:
            raise SamplerError(f"length {length} and batch_size {batch_size}: both must be >= 1")
        if recent_contact_fraction is None:
            recent_contact_fraction = contact_fraction
        for name, share in (
            ("contact", contact_fraction),
            ("recent", recent_fraction),
            ("recent_contact", recent_contact_fraction),
        ):
            if not 0.0 <= share <= 1.0:
                raise SamplerError(f"{name}_fraction is {share}; give a share from 0 to 1")
        self.length = length
        self.batch_size = batch_size
        self.contact_fraction = contact_fraction
        self.recent_fraction = recent_fraction
        self.recent_contact_fraction = recent_contact_fraction
        self._exemplars = exemplars
        self._exemplary: FloatArray | None = None
        self._rng = np.random.default_rng(seed)
        self._episodes: list[Episode] = []
        self._online: list[bool] = []
        self._index: dict[str, int] = {}
        self._numbers: list[int] = []
        self._pools: dict[str, _Pool] | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The episodes added, in order."""
        return tuple(episode.id for episode in self._episodes)

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """The episodes themselves, in order."""
        return tuple(self._episodes)

    @property
    def online(self) -> tuple[bool, ...]:
        """For each episode, whether it was added as online."""
        return tuple(self._online)

    def __len__(self) -> int:
        """Number of episodes."""
        return len(self._episodes)

    def add(self, episode: Episode, online: bool = False) -> None:
        """Add an episode; one with a known id takes the place of the older (a relabelled one).

        Its arrays are kept, not copied.

        Raises:
            SamplerError: unlabelled, shorter than a row, or of other sizes than those before it.
        """
        self._check(episode)
        known = self._index.get(episode.id)
        if known is None:
            self._index[episode.id] = len(self._episodes)
            self._episodes.append(episode)
            self._online.append(online)
            self._numbers.append(episode_number(episode.id))
        else:
            self._episodes[known] = episode
            self._online[known] = online
        self._pools = self._exemplary = None

    def sample(self) -> Batch:
        """Draw a batch of B rows of T observations.

        Raises:
            SamplerError: there is no episode yet.
        """
        if not self._episodes:
            raise SamplerError("there is no labelled episode to learn from; add one first")
        pools = self._pools = self._pools or self._build_pools()
        rows = [
            (pools[name], pick)
            for name, count in self._shares(pools)
            for pick in self._draw(pools[name], count)
        ]
        importance = [self._importance(pool, *pick) for pool, pick in rows]
        return self._gather([pick for _, pick in rows], importance)

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to continue the same sequence of batches; JSON-able."""
        return {
            "rng": self._rng.bit_generator.state,
            "ids": list(self.ids),
            "online": list(self._online),
            "length": self.length,
            "batch_size": self.batch_size,
            "contact_fraction": self.contact_fraction,
            "recent_fraction": self.recent_fraction,
            "recent_contact_fraction": self.recent_contact_fraction,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` left off; add the same episodes in the same order first.

        Raises:
            SamplerError: the episodes or the settings differ from those saved.
        """
        own = self.state_dict()
        for name in sorted(own.keys() - {"rng"}):
            saved = state.get(name, state["contact_fraction"])  # of an older version's checkpoint
            if not np.array_equal(saved, own[name]):
                raise SamplerError(
                    f"the sampler's {name} differ from the checkpoint's "
                    f"({_short(own[name])} now, {_short(saved)} saved); "
                    "resume with the same episodes and settings"
                )
        self._rng.bit_generator.state = state["rng"]

    def _check(self, episode: Episode) -> None:
        if not episode.labelled:
            raise SamplerError(
                f"episode {episode.id} is unlabelled or discarded, so nothing may be learned from "
                "it; label it first"
            )
        if len(episode) < self.length:
            raise SamplerError(
                f"episode {episode.id} has {len(episode)} observations, fewer than the sequence "
                f"length {self.length}; leave it out"
            )
        if not self._episodes:
            return
        first = self._episodes[0]
        for name in ("image", "pose", "action"):
            expected = getattr(first, name).shape[1:]
            found = getattr(episode, name).shape[1:]
            if expected != found:
                raise SamplerError(
                    f"episode {episode.id} has {name} of size {found}, episode {first.id} "
                    f"{expected}; train on one robot and camera at a time"
                )

    def _build_pools(self) -> dict[str, _Pool]:
        if self._exemplars is not None:
            self._exemplary = exemplary(self._episodes, *self._exemplars).astype(np.float32)
        online = np.array(self._online)
        everything = np.arange(len(online))
        return {
            "all": self._pool(everything, self.contact_fraction),
            "online": self._pool(everything[online], self.recent_contact_fraction),
            "dataset": self._pool(everything[~online], self.contact_fraction),
        }

    def _pool(self, indices: IntArray, contact_fraction: float) -> _Pool:
        if not len(indices):
            return _Pool()
        starts = [len(self._episodes[index]) + self.length - 1 for index in indices]
        onsets = [
            (index, step) for index in indices for step in contact_onsets(self._episodes[index])
        ]
        return _Pool(
            indices, np.cumsum(starts), np.array(onsets, np.int64).reshape(-1, 2), contact_fraction
        )

    def _shares(self, pools: dict[str, _Pool]) -> list[tuple[str, int]]:
        """Rows to draw from each pool."""
        if not len(pools["dataset"].episodes):
            return [("online", self.batch_size)]
        if self.recent_fraction == 0.0 or not len(pools["online"].episodes):
            return [("all", self.batch_size)]
        recent = self._round(self.recent_fraction * self.batch_size)
        return [("online", recent), ("dataset", self.batch_size - recent)]

    def _draw(self, pool: _Pool, count: int) -> list[tuple[int, int]]:
        """(episode index, start) of each row."""
        contacts = self._round(pool.contact_fraction * count) if len(pool.onsets) else 0
        picks = [self._draw_contact(pool) for _ in range(contacts)]
        return picks + [self._draw_uniform(pool) for _ in range(count - contacts)]

    def _draw_uniform(self, pool: _Pool) -> tuple[int, int]:
        position = int(self._rng.integers(pool.ends[-1]))
        slot = int(np.searchsorted(pool.ends, position, side="right"))
        before = int(pool.ends[slot - 1]) if slot else 0
        return self._fit(int(pool.episodes[slot]), position - before - (self.length - 1))

    def _draw_contact(self, pool: _Pool) -> tuple[int, int]:
        index, step = pool.onsets[int(self._rng.integers(len(pool.onsets)))]
        return self._fit(int(index), int(step) - int(self._rng.integers(self.length)))

    def _importance(self, pool: _Pool, index: int, start: int) -> float:
        """Chance of a row under uniform draws over its chance here."""
        share = pool.contact_fraction
        if not len(pool.onsets) or not share:
            return 1.0
        steps = pool.onsets[pool.onsets[:, 0] == index, 1]
        windows = self._landing(index, steps[:, None] - np.arange(self.length), start)
        starts = np.arange(1 - self.length, len(self._episodes[index]))
        uniform = self._landing(index, starts, start) / pool.ends[-1]
        contact = windows / (self.length * len(pool.onsets))
        return float(uniform / ((1 - share) * uniform + share * contact))

    def _landing(self, index: int, starts: IntArray, start: int) -> int:
        """How many of the starts are moved to this one, so that the row fits."""
        last = len(self._episodes[index]) - self.length
        return int((starts.clip(0, last) == start).sum())

    def _fit(self, index: int, start: int) -> tuple[int, int]:
        return index, min(max(start, 0), len(self._episodes[index]) - self.length)

    def _round(self, value: float) -> int:
        """Up or down at random, so that the expectation is exact."""
        whole = int(np.floor(value))
        fraction = value - whole
        return whole + int(fraction > 1e-9 and self._rng.random() < fraction)

    def _gather(self, rows: list[tuple[int, int]], importance: list[float]) -> Batch:
        def stacked(name: str) -> Any:
            return np.stack(
                [getattr(self._episodes[i], name)[s : s + self.length] for i, s in rows]
            )

        is_first = np.zeros((len(rows), self.length), np.bool_)
        is_first[:, 0] = True
        chosen = self._exemplary
        return Batch(
            image=stacked("image"),  # (B, T, H, W, C)
            pose=stacked("pose"),  # (B, T, P)
            action=stacked("action"),  # (B, T, A)
            reward=stacked("reward"),  # (B, T)
            cost=stacked("cost"),  # (B, T)
            is_first=is_first,  # (B, T)
            is_terminal=stacked("is_terminal"),  # (B, T)
            episode=np.array([self._numbers[i] for i, _ in rows], np.int64),  # (B,)
            intervention=self._interventions(rows),  # (B, T), or None
            importance=np.array(importance, np.float32),  # (B,)
            exemplary=chosen if chosen is None else chosen[[i for i, _ in rows]],  # (B,), or None
            goal=np.stack([goal_pose(self._episodes[i]) for i, _ in rows]),  # (B, P)
        )

    def _interventions(self, rows: list[tuple[int, int]]) -> BoolArray | None:
        """(B, T) where an operator took over; a demonstration's own steps are none."""
        pairs = zip(self._episodes, self._online, strict=True)
        if not any(online and episode.by_operator.any() for episode, online in pairs):
            return None
        marks = [self._episodes[i].by_operator & self._online[i] for i, _ in rows]
        taken = [m[s : s + self.length] for m, (_, s) in zip(marks, rows, strict=True)]
        return np.asarray(np.stack(taken), np.bool_)


def episode_number(episode_id: str) -> int:
    """A number of the episode's own: the same in every sampler, whatever else that holds."""
    return zlib.crc32(episode_id.encode())


def _short(value: Any) -> str:
    return f"{len(value)} episodes" if isinstance(value, list) else str(value)
