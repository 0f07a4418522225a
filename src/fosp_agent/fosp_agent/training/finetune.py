"""Online fine-tuning: an episode in, new weights out (Algorithm 1, lines 12-24)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from fosp_agent.agents.fosp import Fosp
from fosp_agent.config import AgentConfig
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.nn.optim import NonFiniteLoss
from fosp_agent.training.checkpoint import read_checkpoint, restore, save_checkpoint
from fosp_agent.training.weights import WeightsError, WeightsInfo, load_weights, save_weights
from fosp_agent.types import Episode

ProgressCallback = Callable[[int, int, dict[str, float]], None]
"""Gradient steps done, their number, latest metrics."""

CHECKPOINT = Path("checkpoints") / "finetune.pt"


class LearnError(UserError):
    """An episode cannot be learned from; weights and checkpoint are as before."""


def make_sampler(config: AgentConfig, seed: int) -> SequenceSampler:
    """The sampler that a config asks for."""
    training = config.training
    return SequenceSampler(
        length=training.batch_length,
        batch_size=training.batch_size,
        seed=seed,
        contact_fraction=training.contact_fraction,
        recent_fraction=training.recent_fraction,
    )


class Finetuner:
    """Learns from one labelled episode at a time and keeps a checkpoint after each.

    Build it with ``start`` or ``resume``. Not safe for use from several threads at once.
    """

    def __init__(
        self, run_dir: Path, agent: Fosp, sampler: SequenceSampler, settings: dict[str, Any]
    ) -> None:
        self._run_dir = run_dir
        self._agent = agent
        self._sampler = sampler
        self._settings = settings
        self.learned: dict[str, int] = {}
        """Episode id to the label revision learned from, in order."""
        self._info: WeightsInfo | None = None

    @classmethod
    def exists(cls, run_dir: Path) -> bool:
        """Whether this run can be resumed."""
        return (run_dir / CHECKPOINT).is_file()

    @classmethod
    def start(
        cls,
        run_dir: Path,
        weights: Path,
        dataset: Path | None,
        updates_per_episode: int,
        seed: int,
    ) -> Finetuner:
        """Begin fine-tuning from pretrained weights: expand the policy, take in the dataset.

        Raises:
            WeightsError: no such file, or not one that fits.
            EpisodeError: the dataset cannot be read.
        """
        loaded = load_weights(weights)
        torch.manual_seed(seed)
        agent = Fosp(loaded.config)
        if loaded.networks.expanded:
            agent.expand()
        agent.networks.load_state_dict(loaded.networks.state_dict())
        if not loaded.networks.expanded and loaded.config.expansion.enabled:
            agent.expand()
        settings = {
            "weights": str(weights),
            "base_sha256": loaded.info.sha256,
            "base_version": loaded.info.version,
            "dataset": str(dataset) if dataset else "",
            "updates_per_episode": updates_per_episode,
            "seed": seed,
        }
        tuner = cls(run_dir, agent, make_sampler(loaded.config, seed), settings)
        tuner._add_dataset()
        tuner._publish(loaded.info.version, 0, "")
        tuner._checkpoint()
        return tuner

    @classmethod
    def resume(cls, run_dir: Path) -> Finetuner:
        """Continue a run from its checkpoint: the same weights, optimisers and random state.

        Raises:
            CheckpointError: missing or damaged.
            EpisodeError: an episode that was learned from is gone.
        """
        config, state, extra = read_checkpoint(run_dir / CHECKPOINT)
        agent = Fosp(config)
        tuner = cls(run_dir, agent, make_sampler(config, 0), extra["settings"])
        tuner._add_dataset()
        store = EpisodeStore(run_dir / "episodes")
        for episode_id in extra["learned"]:
            tuner._sampler.add(store.load(episode_id), online=True)
        restore(state, agent, tuner._sampler)
        tuner.learned = {k: int(v) for k, v in extra["learned"].items()}
        tuner._recover(extra["version"], extra["episode_id"])
        return tuner

    def announce(self) -> WeightsInfo:
        """The weights that stand now."""
        if self._info is None:
            raise RuntimeError("build a Finetuner with start or resume")
        return self._info

    def learn(self, episode: Episode, on_progress: ProgressCallback) -> WeightsInfo:
        """Add one labelled episode, take the configured gradient steps, write everything.

        An exception out of ``on_progress`` stops in mid-lesson: agent and sampler go back to
        the checkpoint.

        Raises:
            LearnError: unlabelled, of other sizes, or a loss became NaN; nothing is changed.
        """
        _, state, _ = read_checkpoint(self._run_dir / CHECKPOINT)
        known = self._sampler.ids
        try:
            self._sampler.add(episode, online=True)
            self._take_steps(on_progress)
        except (NonFiniteLoss, UserError) as error:
            self._roll_back(state, known)
            raise LearnError(f"episode {episode.id} was not learned from: {error}") from error
        except BaseException:
            self._roll_back(state, known)
            raise
        revision = int(episode.metadata.get("label_revision", "1"))
        self.learned[episode.id] = revision
        updates = self._agent.updates
        self._publish(self.announce().version + 1, updates, episode.id)
        self._checkpoint()
        return self.announce()

    def _take_steps(self, on_progress: ProgressCallback) -> None:
        total = int(self._settings["updates_per_episode"])
        for done in range(1, total + 1):
            metrics = self._agent.train_step(self._sampler.sample())
            on_progress(done, total, metrics)

    def _roll_back(self, state: dict[str, Any], known: tuple[str, ...]) -> None:
        """Undo a lesson: the sampler is rebuilt without it, everything else is restored."""
        episodes = {episode.id: episode for episode in self._sampler.episodes}
        online = dict(zip(self._sampler.ids, self._sampler.online, strict=True))
        sampler = make_sampler(self._agent.config, 0)
        for episode_id in known:
            sampler.add(episodes[episode_id], online=online[episode_id])
        restore(state, self._agent, sampler)
        self._sampler = sampler

    def _add_dataset(self) -> None:
        folder = self._settings["dataset"]
        if not folder:
            return
        store = EpisodeStore(Path(folder), create=False)
        for episode_id in store.ids():
            if store.info(episode_id).label_revision > 0:
                self._sampler.add(store.load(episode_id))

    def _publish(self, version: int, updates: int, episode_id: str) -> None:
        path = self._run_dir / "weights" / f"weights-{version:06d}.safetensors"
        self._info = save_weights(
            path,
            self._agent.networks,
            version=version,
            updates=updates,
            episode_id=episode_id,
        )

    def _recover(self, version: int, episode_id: str) -> None:
        """Stand by the checkpoint's own weights, whatever a killed process left behind."""
        self._publish(version, self._agent.updates, episode_id)

    def _checkpoint(self) -> None:
        info = self.announce()
        extra = {
            "settings": self._settings,
            "learned": self.learned,
            "version": info.version,
            "episode_id": info.episode_id,
        }
        save_checkpoint(self._run_dir / CHECKPOINT, self._agent, self._sampler, extra)


__all__ = ["Finetuner", "LearnError", "ProgressCallback", "WeightsError", "make_sampler"]
