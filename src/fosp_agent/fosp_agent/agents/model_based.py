"""What all agents share: learning the world model, imagining in it, and what has to be saved."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.agents.protocol import Metrics
from fosp_agent.augmentation import Mirror
from fosp_agent.behavior.actor import Actor
from fosp_agent.behavior.imagination import Rollout, imagine, moved
from fosp_agent.behavior.return_following import follow_dynamics
from fosp_agent.behavior.returns import imagined_return
from fosp_agent.behavior.state_value import StateValue
from fosp_agent.config import AgentConfig
from fosp_agent.nn import distributed
from fosp_agent.nn.compiled import compiled
from fosp_agent.nn.optim import Optimizer, RunningRange
from fosp_agent.settings import ConfigError
from fosp_agent.tensors import TensorBatch, to_tensors
from fosp_agent.types import Batch
from fosp_agent.world_model.rssm import State

Networks = TypeVar("Networks", bound=AgentNetworks)


class Posterior(NamedTuple):
    """Real sequences as the world model sees them; no graph."""

    states: State
    """(B, T, ...)"""
    features: Tensor
    """(B, T, S)"""
    varied: Tensor
    """(B, T, S) the same steps as seen from an earlier, untouched scene and with noise on the pose,
    for values and policies to learn from; ``features`` itself where the config has neither."""

    @staticmethod
    def of(states: State, varied: Tensor | None = None) -> Posterior:
        """With the features of the states, and their variation where there is one."""
        features = states.features()
        return Posterior(states, features, features if varied is None else varied)


class ModelBasedAgent(ABC, Generic[Networks]):
    """An agent that learns a world model from real sequences and behaves inside it."""

    networks: Networks

    def __init__(self, config: AgentConfig, *, device: torch.device | str = "cpu") -> None:
        self.config = config
        self.device = torch.device(device)
        self.networks = self.build_networks(config).to(self.device)
        self.updates = 0
        """Gradient steps since the fine-tuning began (or since the beginning)."""
        self.finetuning = False
        """Whether ``begin_finetuning`` was called."""
        self.mirror = Mirror(config)
        self.optimizers = self._make_optimizers()
        fused = config.training.compile
        self._filter = compiled(self.networks.world_model.filter, self.device, enabled=fused)
        self._unroll = compiled(imagine, self.device, enabled=fused)

    @classmethod
    @abstractmethod
    def build_networks(cls, config: AgentConfig) -> Networks:
        """The agent's networks, untrained."""

    @abstractmethod
    def _behavior_optimizers(self) -> dict[str, Optimizer]:
        """One optimiser for each group of networks beside the world model."""

    @abstractmethod
    def _learn_behavior(self, posterior: Posterior, data: TensorBatch) -> Metrics:
        """One gradient step of everything beside the world model."""

    def _make_optimizers(self) -> dict[str, Optimizer]:
        model = self.config.world_model
        world_model = Optimizer(
            "world model",
            [self.networks.world_model],
            learning_rate=model.learning_rate,
            clip=model.clip,
            weight_decay=model.weight_decay,
        )
        return {"world model": world_model, **self._behavior_optimizers()}

    def _critic_optimizer(self, name: str, modules: Sequence[nn.Module]) -> Optimizer:
        critic = self.config.critic
        return Optimizer(name, modules, learning_rate=critic.learning_rate, clip=critic.clip)

    def _actor_optimizer(self, name: str, actor: Actor) -> Optimizer:
        config = self.config.actor
        return Optimizer(
            name,
            [actor],
            learning_rate=config.learning_rate,
            clip=config.clip,
            weight_decay=config.weight_decay,
        )

    def begin_finetuning(self) -> None:
        """From now on what is learned is online; the policy goes on learning itself."""
        self.finetuning = True
        self.updates = 0

    def adopt(self, networks: AgentNetworks) -> None:
        """Take over the weights of other networks of the same config.

        Raises:
            ConfigError: a setting was changed that the sizes of the networks follow from.
        """
        if networks.expanded and not self.networks.expanded:
            self._expand()
        try:
            self.networks.load_state_dict(networks.state_dict())
        except RuntimeError as error:
            sizes = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
            raise ConfigError(
                f"the weights do not fit these settings ({sizes}); what a network's size follows "
                "from belongs to the weights: leave it out, or pretrain with it from nothing"
            ) from error

    def _expand(self) -> None:
        """Add the policy of the fine-tuning; the optimisers begin anew."""
        self.networks.expand()
        self.networks.to(self.device)
        self.optimizers = self._make_optimizers()

    def train_step(self, batch: Batch) -> Metrics:
        """One gradient step of everything; see ``protocol.Agent``."""
        data = self.mirror(to_tensors(batch, self.device))
        posterior, metrics = self._learn_world_model(data)
        metrics |= self._learn_behavior(posterior, data)
        self.updates += 1
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """Everything that has state, the random generators of torch excepted."""
        return {
            "networks": self.networks.state_dict(),
            "optimizers": {k: o.adam.state_dict() for k, o in self.optimizers.items()},
            "updates": self.updates,
            "expanded": self.networks.expanded,
            "finetuning": self.finetuning,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue exactly where ``state_dict`` was taken."""
        if state["expanded"] and not self.networks.expanded:
            self._expand()
        self.networks.load_state_dict(state["networks"])
        for name, optimizer in self.optimizers.items():
            optimizer.adam.load_state_dict(state["optimizers"][name])
        self.updates = int(state["updates"])
        # Checkpoints of older versions do not say: only fine-tuning expanded the policy.
        self.finetuning = bool(state.get("finetuning", state["expanded"]))

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.config.training.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    def _learn_world_model(self, data: TensorBatch) -> tuple[Posterior, Metrics]:
        model = self.networks.world_model
        with self._autocast():
            filtered = self._filter(data)
            loss = model.total(filtered.losses)
        norm = self.optimizers["world model"].step(loss, filtered.losses)
        states = filtered.states.map(torch.Tensor.detach)
        metrics = {f"loss/{name}": float(x.detach().mean()) for name, x in filtered.losses.items()}
        metrics["gradient/world_model"] = norm
        with torch.no_grad():
            return Posterior.of(states, model.varied(states, data)), metrics

    def _imagine(self, posterior: Posterior, data: TensorBatch) -> Rollout:
        """Let the policy that learns run from real states: all of them, or a random part."""
        training = self.config.training
        start = posterior.states.flatten()
        root_proceed = (~data.is_terminal).float().flatten()
        total, starts = len(root_proceed), distributed.share(training.imagination_starts)
        if 0 < starts < total:
            index = torch.randperm(total, device=self.device)[:starts]
            start = start.map(lambda x: x[index])
            root_proceed = root_proceed[index]
        nets = self.networks
        if training.moved_starts:
            start = moved(
                nets.world_model.rssm, start, training.moved_starts, training.moved_anywhere
            )
        return self._unroll(nets.world_model, nets.learner(), start, root_proceed, training.horizon)

    def _follow_reward(
        self, value: StateValue, spread: RunningRange, rollout: Rollout
    ) -> tuple[Tensor, Metrics]:
        """Loss () of the policy that learns: -(R^lambda / S + eta H), through the dynamics.

        Args:
            value: V of the reward.
            spread: range S of the reward's returns.
            rollout: imagined by that policy, with its graph.
        """
        critic = self.config.critic
        reward = imagined_return(rollout.reward, value, rollout, critic)
        gain, entropy = reward / spread.scale(), self.config.actor.entropy
        loss = follow_dynamics(self.networks.learner(), gain, rollout, entropy, critic)
        return loss, {
            "actor/loss": float(loss.detach()),
            "actor/imagined_reward": float(reward.detach().mean()),
        }
