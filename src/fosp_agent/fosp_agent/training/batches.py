"""Where the batches of a training come from: its sampler, and the demonstrations in it."""

from __future__ import annotations

from pathlib import Path

from fosp_agent.config import AgentConfig, RobotConfig
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.nn import distributed
from fosp_agent.settings import ConfigError
from fosp_agent.training.fit import require_fit

SEED_STRIDE = 1_000_003
"""Between the seeds of processes that train together."""


def make_sampler(config: AgentConfig, seed: int) -> SequenceSampler:
    """The sampler that a config asks for.

    Where several processes train together, each draws its share of a batch, with its own seed.

    Raises:
        ConfigError: the batch cannot be dealt out evenly.
    """
    training = config.training
    processes = distributed.world_size()
    if training.batch_size % processes:
        raise ConfigError(
            f"training.batch_size {training.batch_size} cannot be dealt out to {processes} "
            "processes; give a multiple"
        )
    exemplars: tuple[float, float] | None = None
    if training.exemplar_cost >= 0:
        exemplars = training.exemplar_cost, training.exemplar_dropped
    return SequenceSampler(
        length=training.batch_length,
        batch_size=training.batch_size // processes,
        seed=seed + SEED_STRIDE * distributed.rank(),
        contact_fraction=training.contact_fraction,
        recent_fraction=training.recent_fraction,
        exemplars=exemplars,
        recent_contact_fraction=training.recent_contact_fraction,
    )


def add_dataset(sampler: SequenceSampler, folder: Path, robot: RobotConfig) -> None:
    """Let batches be drawn from the labelled episodes of a folder.

    Raises:
        EpisodeError: one cannot be read.
        MisfitError: one is of another robot.
    """
    store = EpisodeStore.of(folder)
    for episode_id in store.ids():
        info = store.info(episode_id)
        if info.label_revision > 0 and not info.discarded:
            episode = store.load(episode_id)
            require_fit(episode, robot)
            sampler.add(episode)
