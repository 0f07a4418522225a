"""Online fine-tuning: an episode in, new weights out (Algorithm 1, lines 12-24)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from fosp_agent.agents.protocol import Agent
from fosp_agent.agents.registry import make_agent
from fosp_agent.config import AgentConfig
from fosp_agent.episodes.sampler import SequenceSampler
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.errors import UserError
from fosp_agent.overrides import changed
from fosp_agent.training import run_folder
from fosp_agent.training.batches import add_dataset, make_sampler
from fosp_agent.training.begun import Begun
from fosp_agent.training.checkpoint import (
    CheckpointError,
    forget,
    read_checkpoint,
    restore,
    save_checkpoint,
)
from fosp_agent.training.dataset_labels import journal_warnings, label_shares, label_warnings
from fosp_agent.training.failure import guarded_step
from fosp_agent.training.fit import action_warnings, require_fit
from fosp_agent.training.learner import ProgressCallback
from fosp_agent.training.sameness import require_same
from fosp_agent.training.weights import (
    LoadedWeights,
    WeightsError,
    WeightsInfo,
    load_weights,
    require_agent,
    save_weights,
)
from fosp_agent.training.weights_files import FOLDER, version_of, weights_file, weights_files
from fosp_agent.types import Episode

CHECKPOINT = run_folder.FINETUNING


class LearnError(UserError):
    """An episode cannot be learned from; weights and checkpoint are as before."""


class _Standing:
    """What a lesson changes in memory, as it was before."""

    def __init__(
        self, sampler: SequenceSampler, learned: dict[str, int], info: WeightsInfo
    ) -> None:
        self.episodes = list(zip(sampler.episodes, sampler.online, strict=True))
        self.learned = dict(learned)
        self.info = info


class Finetuner:
    """Learns from one labelled episode at a time and keeps a checkpoint after each.

    Build it with ``start`` or ``resume``. Not safe for use from several threads at once.
    """

    def __init__(self, run_dir: Path, agent: Agent, sampler: SequenceSampler, begun: Begun) -> None:
        self._run_dir = run_dir
        self._agent = agent
        self._sampler = sampler
        self._begun = begun
        self.learned: dict[str, int] = {}
        """Episode id to the label revision learned from, in order."""
        self._info: WeightsInfo | None = None
        self.warnings: list[str] = []
        """What is wrong with the dataset, though one can learn from it."""

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
        *,
        agent_name: str = "",
        overrides: Mapping[str, Any] | None = None,
    ) -> Finetuner:
        """Begin fine-tuning from pretrained weights; take in the dataset.

        Args:
            run_dir: the run's folder.
            weights: what to begin with.
            dataset: demonstrations to draw from beside the new episodes.
            updates_per_episode: gradient steps on each episode.
            seed: of weights and batches.
            agent_name: the agent that the weights must be of; empty: whichever they are.
            overrides: settings that fine-tuning changes, such as ``{"expansion.enabled": False}``.

        Raises:
            WeightsError: no such file, or not one that fits.
            EpisodeError: the dataset cannot be read.
            ConfigError: a setting does not exist, or belongs to the weights.
            TakenFolder: the folder holds another run.
        """
        loaded = load_weights(weights, agent_name)
        run_folder.require_no_pretraining(run_dir)
        run_folder.require_nothing_learned(run_dir, loaded.info.version)
        config = changed(loaded.config, overrides or {})
        torch.manual_seed(seed)
        agent = make_agent(config)
        agent.adopt(loaded.networks)
        agent.begin_finetuning()
        begun = Begun.with_weights(weights, loaded.info, dataset, updates_per_episode, seed)
        tuner = cls(run_dir, agent, make_sampler(config, seed), begun)
        tuner._add_dataset()
        tuner._publish(loaded.info.version, 0, "")
        tuner._checkpoint()
        return tuner

    @classmethod
    def resume(cls, run_dir: Path, *, agent_name: str = "") -> Finetuner:
        """Continue a run from its checkpoint: the same weights, optimisers and random state.

        An episode that was discarded since is not drawn from any more.

        Raises:
            CheckpointError: missing or damaged, or of a pretraining.
            WeightsError: it is of another agent than ``agent_name``.
            EpisodeError: an episode that was learned from is gone.
        """
        config, state, extra = read_checkpoint(run_dir / CHECKPOINT)
        if "settings" not in extra:
            raise CheckpointError(
                f"{run_dir / CHECKPOINT} is not the checkpoint of a fine-tuning; begin one in "
                "another folder"
            )
        require_agent(run_dir / CHECKPOINT, config, agent_name)
        agent = make_agent(config)
        tuner = cls(run_dir, agent, make_sampler(config, 0), Begun(**extra["settings"]))
        tuner._add_dataset()
        store = EpisodeStore(run_dir / "episodes")
        for episode in (store.load(episode_id) for episode_id in _drawn(state, extra["learned"])):
            if episode.labelled:
                tuner._sampler.add(episode, online=True)
            else:
                forget(state, episode.id)
        restore(state, agent, tuner._sampler)
        tuner.learned = {k: int(v) for k, v in extra["learned"].items()}
        tuner._recover(extra["version"], extra["episode_id"])
        return tuner

    @property
    def config(self) -> AgentConfig:
        """Settings that the new weights carry."""
        return self._agent.config

    @property
    def updates_per_episode(self) -> int:
        """Gradient steps on each episode."""
        return self._begun.updates_per_episode

    @property
    def begun_from(self) -> Path:
        """The weights file that the run was begun from."""
        return Path(self._begun.weights)

    def require_begun_with(self, asked: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
        """Refuse to go on with other options than the run was begun with.

        Args:
            asked: any of "weights", "dataset", "updates" and "seed", the arguments of ``start``.
            overrides: as in ``start``.

        Raises:
            OtherConfig: naming what differs.
            WeightsError: the weights asked for cannot be read.
        """
        where = self._run_dir / CHECKPOINT
        require_same(where, self.config, changed(self.config, overrides))
        self._begun.require(where, asked)

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
            LearnError: unlabelled, too short, of other sizes, a loss became NaN, or the files
                cannot be written; nothing is changed.
        """
        state = self._saved()
        before = _Standing(self._sampler, self.learned, self.announce())
        try:
            self._take_lesson(episode, on_progress)
        except (UserError, OSError) as error:
            self._roll_back(state, before)
            raise LearnError(f"episode {episode.id} was not learned from: {error}") from error
        except BaseException:
            self._roll_back(state, before)
            raise
        return self.announce()

    def holds(self, episode_id: str) -> bool:
        """Whether batches are drawn from this episode."""
        return episode_id in self._sampler.ids

    def forget(self, episode_id: str) -> None:
        """Draw no more batches from an episode that was discarded after it was learned from.

        Raises:
            LearnError: the checkpoint cannot be written. It still holds the episode, which its
                label keeps out when the run is resumed; the next lesson writes it again.
        """
        state: dict[str, Any] = {"sampler": json.dumps(self._sampler.state_dict())}
        forget(state, episode_id)
        sampler = make_sampler(self._agent.config, 0)
        for episode, online in zip(self._sampler.episodes, self._sampler.online, strict=True):
            if episode.id != episode_id:
                sampler.add(episode, online=online)
        sampler.load_state_dict(json.loads(state["sampler"]))
        self._sampler = sampler
        try:
            self._checkpoint()
        except OSError as error:
            raise LearnError(
                f"episode {episode_id} is not drawn from any more, but the checkpoint was not "
                f"written: {error}"
            ) from error

    def return_to(self, version: int = 0) -> WeightsInfo:
        """Let an earlier version act, and learn on from it; it becomes the next version.

        The optimisers start anew: their moments belong to the steps that are undone. The episodes
        stay: what was wrong with the steps need not be wrong with them.

        Args:
            version: to go back to; 0: the one before those that stand.

        Raises:
            WeightsError: no such version, or not one of this agent; nothing is changed.
            LearnError: the files cannot be written; nothing is changed.
        """
        version = version or self._earlier_version()
        loaded = load_weights(weights_file(self._run_dir / FOLDER, version))
        if loaded.networks.expanded != self._agent.networks.expanded:
            raise WeightsError(f"weights {version} have other policies than the agent; choose more")
        saved, begun, now = self._saved(), self._begun, self.announce()
        try:
            self._put_back(loaded, version)
        except OSError as error:
            self._agent.load_state_dict(saved["agent"])
            self._begun, self._info = begun, now
            raise LearnError(f"weights {now.version} stay: {error}") from error
        return self.announce()

    def _put_back(self, loaded: LoadedWeights, version: int) -> None:
        """Make loaded weights the agent's, and write them as the next version."""
        state = self._agent.state_dict()
        fresh = {name: {**adam, "state": {}} for name, adam in state["optimizers"].items()}
        networks = loaded.networks.state_dict()
        self._agent.load_state_dict(
            {**state, "networks": networks, "optimizers": fresh, "updates": loaded.info.updates}
        )
        now = self.announce()
        self._begun = self._begun.copied(version, now.version + 1)
        self._publish(now.version + 1, loaded.info.updates, now.episode_id)
        self._checkpoint()

    def _earlier_version(self) -> int:
        now = self._begun.origin(self.announce().version)
        versions = [version_of(file) for file in weights_files(self._run_dir / FOLDER)]
        earlier = [version for version in versions if version < now]
        if not earlier:
            raise WeightsError(f"weights {now} are the first of this run: none to go back to")
        return max(earlier)

    def _take_lesson(self, episode: Episode, on_progress: ProgressCallback) -> None:
        require_fit(episode, self._agent.config.robot)
        self._sampler.add(episode, online=True)
        total = self.updates_per_episode
        for done in range(1, total + 1):
            metrics = guarded_step(self._agent, self._sampler.sample(), self._run_dir)
            on_progress(done, total, metrics)
        self.learned[episode.id] = int(episode.metadata.get("label_revision", "1"))
        self._publish(self.announce().version + 1, self._agent.updates, episode.id)
        self._checkpoint()

    def _saved(self) -> dict[str, Any]:
        """The checkpoint's state, without episodes that were forgotten since."""
        _, state, _ = read_checkpoint(self._run_dir / CHECKPOINT)
        for episode_id in set(json.loads(state["sampler"])["ids"]) - set(self._sampler.ids):
            forget(state, episode_id)
        return state

    def _roll_back(self, state: dict[str, Any], before: _Standing) -> None:
        """Undo a lesson: the sampler is rebuilt as it was, everything else is restored."""
        sampler = make_sampler(self._agent.config, 0)
        for episode, online in before.episodes:
            sampler.add(episode, online=online)
        restore(state, self._agent, sampler)
        self._sampler, self.learned, self._info = sampler, before.learned, before.info

    def _add_dataset(self) -> None:
        if folder := self._begun.dataset:
            add_dataset(self._sampler, Path(folder), self._agent.config.robot)
            episodes = self._sampler.episodes
            self.warnings = label_warnings(label_shares(episodes), folder)
            self.warnings += action_warnings(episodes) + journal_warnings(Path(folder))

    def _publish(self, version: int, updates: int, episode_id: str) -> None:
        path = weights_file(self._run_dir / FOLDER, version)
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
            "settings": self._begun.to_dict(),
            "learned": self.learned,
            "version": info.version,
            "episode_id": info.episode_id,
        }
        save_checkpoint(self._run_dir / CHECKPOINT, self._agent, self._sampler, extra)


def _drawn(state: dict[str, Any], learned: Mapping[str, int]) -> list[str]:
    """The episodes learned from that the checkpoint's sampler holds, in its order.

    It is not always the order of learning, nor all of them: one that was discarded has left the
    sampler, and enters it last when it is labelled and learned from again.
    """
    return [name for name in json.loads(state["sampler"])["ids"] if name in learned]
