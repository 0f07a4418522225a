"""The policy at work: observation in, decision out, one step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
import torch
from torch import Tensor

from fosp_agent.agents.acting import Proposals
from fosp_agent.behavior.proposals import ActorProposer, CloningProposer, Proposer
from fosp_agent.control.image_preprocess import preprocess
from fosp_agent.control.planner import Planner, wanted
from fosp_agent.control.pose_bounds import pose_bounds
from fosp_agent.errors import UserError
from fosp_agent.settings import ConfigError
from fosp_agent.training.weights import LoadedWeights, load_weights
from fosp_agent.types import ByteArray, Candidate, Decision, FloatArray
from fosp_agent.world_model.rssm import State

Mode = Literal["sample", "greedy", "cloning"]
"""How the action is picked: drawn, the most likely, or the world model's own prediction of the
demonstrator's action (behaviour cloning: the floor to compare with)."""


def as_mode(name: str) -> Mode:
    """Read a mode by name.

    Raises:
        UserError: unknown; the message lists the valid ones.
    """
    for mode in get_args(Mode):
        if name == mode:
            return cast(Mode, mode)
    raise UserError(f"unknown mode {name!r}; choose one of {', '.join(get_args(Mode))}")


def _proposers(loaded: LoadedWeights, mode: Mode) -> tuple[Proposer, ...]:
    """Whoever proposes actions, in the order of their candidates."""
    networks, expansion = loaded.networks, loaded.config.expansion
    if expansion.candidates < 1:
        raise ConfigError(f"expansion.candidates is {expansion.candidates}; give 1 or more")
    head = networks.world_model.cloning
    if head is None and (mode == "cloning" or expansion.cloning):
        raise UserError(
            f"{loaded.info.path} has no behaviour-cloning head (world_model.cloning_scale was "
            "0); choose another mode, and switch expansion.cloning off"
        )
    cloning = () if head is None else (CloningProposer(head),)
    if mode == "cloning":
        return cloning
    policies = networks.policies().items()
    actors = tuple(ActorProposer(name, actor, expansion.candidates) for name, actor in policies)
    return actors + cloning if expansion.cloning else actors


class ObservationMisfit(UserError):
    """An image or a pose of another size than the weights were trained with."""


class PolicyRunner:
    """Filters the episode through the world model and lets the agent decide among its candidates.

    Acts in float32 on the CPU: at batch 1 that is faster than bfloat16 there.
    """

    def __init__(self, loaded: LoadedWeights, mode: Mode = "sample", seed: int = 0) -> None:
        self.config = loaded.config
        self.version = loaded.info.version
        self.sha256 = loaded.info.sha256
        self.action_scale: FloatArray = np.array(loaded.config.robot.action_scale, np.float32)
        self._networks = loaded.networks.eval().requires_grad_(False)
        self._greedy = mode != "sample"
        self._proposers = _proposers(loaded, mode)
        self._planner: Planner | None = None
        if wanted(self.config):
            self._planner = Planner(loaded.networks, self._proposers, greedy=self._greedy)
        self._bounds = pose_bounds(self.config)
        self._generator = torch.Generator()
        self._seed = seed
        self._state: State | None = None
        self._action = torch.zeros(1, loaded.config.robot.action_size)
        self.reset(seed)

    @classmethod
    def from_file(
        cls,
        path: Path | str,
        *,
        mode: str = "sample",
        seed: int = 0,
        overrides: Mapping[str, Any] | None = None,
        agent: str = "",
    ) -> PolicyRunner:
        """Load a weights file.

        Args:
            path: the file.
            mode: sample, greedy or cloning.
            seed: of the decisions' randomness.
            overrides: acting-time settings such as ``{"planning.horizon": 8}``.
            agent: the agent that the file must be of; empty: whichever it is.

        Raises:
            WeightsError: naming the file, what is wrong and what to do.
            UserError: unknown mode, or a setting that does not fit.
        """
        loaded = load_weights(Path(path), agent, overrides=overrides)
        return cls(loaded, as_mode(mode), seed)

    def reset(self, seed: int | None = None) -> None:
        """Forget the episode. With a seed, the same observations give the same decisions."""
        if seed is not None:
            self._seed = seed
        self._generator.manual_seed(self._seed)
        if self._planner is not None:
            self._planner.reset(self._seed)
        self._state = None
        self._action = torch.zeros(1, self.config.robot.action_size)

    @torch.inference_mode()
    def act(
        self, image: ByteArray, pose: FloatArray, executed: FloatArray | None = None
    ) -> Decision:
        """Decide.

        Args:
            image: (64, 64, C) uint8.
            pose: (P,) [m], [rad]; empty for robots without one.
            executed: (A,) what was really done after the last observation, in [-1, 1]; None: the
                last decision.

        Raises:
            ObservationMisfit: an image or pose of another size than the weights were trained with.
        """
        self._check(image, pose)
        if executed is not None:
            self._action = torch.from_numpy(np.array(executed, np.float32)).unsqueeze(0)
        state = self._filter(image, pose)
        proposals = self._propose(state.features())
        if self._bounds is not None:
            proposals = self._bounds.proposed(proposals, pose)
        if self._planner is None:
            decision = self._judged(proposals)
        else:
            decision = self._planner.decide(state, proposals, self._generator)
        if self._bounds is not None:
            decision = self._bounds.decided(decision, pose)
        self._action = torch.from_numpy(decision.action).unsqueeze(0)
        return decision

    def _judged(self, proposals: Proposals) -> Decision:
        """The paper's choice, by the values of the candidates alone."""
        judged = self._networks.judge(proposals, greedy=self._greedy, generator=self._generator)
        candidates = tuple(
            Candidate(name, action.numpy().copy(), float(r), float(c), float(p))
            for name, action, r, c, p in zip(
                proposals.policies,
                proposals.actions,
                judged.q_reward,
                judged.q_cost,
                judged.probability,
                strict=True,
            )
        )
        chosen = candidates[judged.index].action
        return Decision(chosen, judged.index, candidates, judged.feasibility)

    def _filter(self, image: ByteArray, pose: FloatArray) -> State:
        """Advance the model state by one observation: (1, ...)."""
        model = self._networks.world_model
        pixels = preprocess(torch.from_numpy(image)).unsqueeze(0).unsqueeze(0)
        sense = torch.from_numpy(np.asarray(pose, np.float32)).view(1, 1, -1)
        embedding, scene = model.encoder(pixels, sense)
        look = model.rssm.look(embedding)[:, 0]
        forgets = self.config.world_model.memory == "observation"
        first = torch.tensor([forgets or self._state is None])
        previous = self._state if self._state is not None else model.rssm.initial(1)
        state, log_probs = model.rssm.observe_step(previous, self._action, look, first)
        self._state = model.with_pose(
            self._redraw(state, log_probs), sense[:, 0], None if scene is None else scene[:, 0]
        )
        return self._state

    def _redraw(self, state: State, log_probs: Tensor) -> State:
        """Latents drawn with the runner's own generator; their mode when greedy."""
        probability = log_probs.exp()
        if self._greedy:
            index = probability.argmax(-1)
        else:
            flat = probability.flatten(0, -2)
            index = torch.multinomial(flat, 1, generator=self._generator).view(
                probability.shape[:-1]
            )
        one_hot = torch.nn.functional.one_hot(index, probability.shape[-1])
        return State(state.deter, one_hot.to(state.deter.dtype).flatten(-2))

    def _propose(self, features: Tensor) -> Proposals:
        """K actions from each policy."""
        names: list[str] = []
        actions: list[Tensor] = []
        for proposer in self._proposers:
            drawn = proposer.propose(features, greedy=self._greedy, generator=self._generator)
            names += [proposer.name] * len(drawn)
            actions.append(drawn)
        return Proposals(features, tuple(names), torch.cat(actions))

    def _check(self, image: ByteArray, pose: FloatArray) -> None:
        robot = self.config.robot
        wanted = (robot.image_size, robot.image_size, robot.image_channels)
        if image.shape != wanted or image.dtype != np.uint8:
            raise ObservationMisfit(
                f"the weights were trained with uint8 images of shape {wanted}, got "
                f"{image.dtype} {image.shape}; check the camera's size and channels, or give "
                "weights of this robot"
            )
        if pose.shape != (robot.pose_size,):
            raise ObservationMisfit(
                f"the weights were trained with poses of size {robot.pose_size}, got {pose.shape}; "
                "give weights of this robot"
            )
