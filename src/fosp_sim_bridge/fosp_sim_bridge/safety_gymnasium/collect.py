"""The dataset of a task (D.3): random, safe and unsafe trajectories, one MCAP file each."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.types import Episode
from fosp_sim_bridge.dataset_folder import finished, open_folder
from fosp_sim_bridge.safety_gymnasium.adapter import SafetyGymnasiumEnv, full_name, make
from fosp_sim_bridge.safety_gymnasium.behaviours import BEHAVIOURS
from fosp_sim_bridge.safety_gymnasium.body import body_of
from fosp_sim_bridge.safety_gymnasium.surroundings import look_around

FIRST_SEED = 100_000
"""Scenes of datasets have seeds from here on, far from those of the tests."""
EPISODES_A_KIND = 200
"""Of the paper's standard dataset."""
_MAKER = "safereach collect"


@dataclass(frozen=True)
class Request:
    """What the dataset is a function of."""

    task: str
    random: int = EPISODES_A_KIND
    """Trajectories of the random behaviour."""
    safe: int = EPISODES_A_KIND
    unsafe: int = EPISODES_A_KIND
    seed: int = 0
    action_repeat: int = 4

    def jobs(self) -> list[Job]:
        """One an episode; the kinds take turns, so that a part of the dataset is balanced too."""
        counts = {kind: getattr(self, kind) for kind in BEHAVIOURS}
        return [
            Job(full_name(self.task), kind, self.seed, index, self.action_repeat)
            for index in range(max(counts.values()))
            for kind, count in counts.items()
            if index < count
        ]


@dataclass(frozen=True)
class Job:
    """One trajectory."""

    task: str
    kind: str
    seed: int
    index: int
    action_repeat: int

    @property
    def episode_id(self) -> str:
        """Its name."""
        return f"{self.task}-{self.kind}-{self.seed}-{self.index:04d}"

    @property
    def scene(self) -> int:
        """The environment's seed; no two trajectories of a dataset share one."""
        number = (self.seed * 10_000 + self.index) * len(BEHAVIOURS)
        return FIRST_SEED + number + list(BEHAVIOURS).index(self.kind)

    def rng(self) -> np.random.Generator:
        """What the behaviour draws its manner and its noise from."""
        return np.random.default_rng([self.seed, self.index, list(BEHAVIOURS).index(self.kind)])


@dataclass(frozen=True)
class Written:
    """A trajectory that is in the store now."""

    episode_id: str
    kind: str
    episode_return: float
    episode_cost: float


def drive(env: SafetyGymnasiumEnv, job: Job) -> Episode:
    """Let the job's behaviour drive one episode; its label is the simulator's truth."""
    body = body_of(env.task)
    behaviour = BEHAVIOURS[job.kind](job.rng(), body)
    observation, _ = env.reset(seed=job.scene)
    images, actions, rewards, costs = [observation["image"]], [], [0.0], [0.0]
    terminated = truncated = False
    while not (terminated or truncated):
        around = look_around(env.simulated_task, body)
        actions.append(body.action(*behaviour.drive(around)))
        observation, reward, cost, terminated, truncated, _ = env.step(actions[-1])
        images.append(observation["image"])
        rewards.append(reward)
        costs.append(cost)
    actions.append(np.zeros(env.action_size, np.float32))
    terminal = np.zeros(len(images), np.bool_)
    terminal[-1] = terminated
    metadata = {
        "seed": str(job.scene),
        "environment": "safety_gymnasium",
        "behaviour": job.kind,
        "source": "scripted behaviour",
        "labeller": "simulator",
        "action_repeat": str(env.action_repeat),
        "cameras": ",".join(env.cameras),
        "max_steps": str(env.max_steps),
        "action_scale": json.dumps(env.action_scale.tolist()),
    }
    return Episode(
        id=job.episode_id,
        image=np.stack(images),
        pose=np.zeros((len(images), 0), np.float32),
        action=np.stack(actions),
        reward=np.array(rewards, np.float32),
        cost=np.array(costs, np.float32),
        is_terminal=terminal,
        task=env.task,
        metadata=metadata,
    )


class _Worker:
    """Drives job after job in one environment of one process."""

    def __init__(self, folder: Path) -> None:
        self._store = EpisodeStore(folder)
        self._env: SafetyGymnasiumEnv | None = None

    def __call__(self, job: Job) -> Written:
        """Drive and write one trajectory."""
        if self._env is None:
            self._env = make(job.task, action_repeat=job.action_repeat)
        episode = drive(self._env, job)
        self._store.write(episode)
        return Written(episode.id, job.kind, float(episode.reward.sum()), float(episode.cost.sum()))


_of_this_process: list[_Worker] = []
"""The worker of a process that belongs to a pool."""


def _begin(folder: Path) -> None:
    _of_this_process.append(_Worker(folder))


def _do(job: Job) -> Written:
    return _of_this_process[0](job)


def collect(
    folder: Path, request: Request, workers: int, on_episode: Callable[[int, Written | None], None]
) -> int:
    """Drive what is missing of a dataset, one file a trajectory.

    Args:
        folder: where to.
        request: what.
        workers: processes that drive at the same time.
        on_episode: called with the number of episodes there are and the last one written; first
            with those found and None.

    Returns:
        How many were written now.

    Raises:
        DatasetFolderError: the folder belongs to something else.
        ValueError: unknown task, or one whose robot has no behaviours.
    """
    jobs = request.jobs()
    body_of(full_name(request.task))
    store = open_folder(folder, {"maker": _MAKER, **asdict(request)})
    there = finished(store)
    missing = [job for job in jobs if job.episode_id not in there]
    on_episode(len(there), None)
    for count, written in enumerate(_driven(folder, missing, workers), len(there) + 1):
        on_episode(count, written)
    return len(missing)


def _driven(folder: Path, jobs: list[Job], workers: int) -> Iterator[Written]:
    if workers == 1 or len(jobs) < 2:
        yield from map(_Worker(folder), jobs)
        return
    context = multiprocessing.get_context("spawn")  # OpenGL does not survive a fork
    with context.Pool(workers, _begin, (folder,)) as pool:
        yield from pool.imap_unordered(_do, jobs)
