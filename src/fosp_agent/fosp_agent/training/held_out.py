"""How well the model knows what it was not trained on.

Signals, each with its label:

- ``cost``: P(cost) of the posterior state s_t against cost_t > 0.
- ``cost_open_K``: the same head K steps ahead. The model has seen the observations up to t, then
  follows the recorded actions without a look; the mean over some imagined futures is compared with
  cost_{t+K} > 0. ``cost_onset_open_K``: only from the states at which there is no contact yet.
- ``reward``, ``reward_open_K``: the expected reward against reward > 0; it ranks, it is no
  probability.
- ``reachability``: p(s_t) of eq. 30 is the discounted worst case ahead. It is to rank the states
  before a violation above the others: its AUC is against "cost at t or later in this episode". Its
  value is to be the discounted target itself: its calibration error is against
  max_k gamma_u^(k-t) 1{cost_k > 0} over the rest of the episode, from labels alone. What would
  have come after the last observation is unknown and counts as nothing, so that p is compared with
  a lower bound near an episode's end. An agent with a guess of another kind says what its guess is
  to be (``violation_label``); absent for an agent without one.

Of an agent whose world model learns no cost (``world_model.cost_scale`` 0), nothing about cost is
measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.behavior.offline import cloning_loss
from fosp_agent.tensors import TensorBatch, to_tensors
from fosp_agent.training.calibration import Quality, probability_quality, quality
from fosp_agent.types import Batch, Episode
from fosp_agent.world_model.rssm import State
from fosp_agent.world_model.world_model import WorldModel

SEED = 0
"""Of the latents drawn while measuring: two measurements of one model agree."""
OPEN_LOOP = (1, 5, 15)
"""K: steps without a look."""
FUTURES = 4
"""Imagined futures that a probability is averaged over."""
ROWS = 20
"""Episodes measured at a time."""


@dataclass
class HeldOut:
    """One measurement."""

    episodes: int
    observations: int
    losses: dict[str, float]
    """The world model's, and ``cloning``: minus the policy's log-likelihood of the actions."""
    signals: dict[str, Quality]

    def metrics(self) -> dict[str, float]:
        """By TensorBoard tag; what cannot be measured on these episodes is left out."""
        found = {f"held_out/{name}": value for name, value in self.losses.items()}
        for name, signal in self.signals.items():
            found[f"held_out/{name}_auc"] = signal.auc
            found[f"held_out/{name}_calibration_error"] = signal.calibration_error
        if "cost" in self.signals:
            found["held_out/cost_at_contact"] = self.signals["cost"].at_positives
        return {name: value for name, value in found.items() if np.isfinite(value)}


@dataclass
class _Predictions:
    """Score, event and target of one signal, piece by piece."""

    score: list[Tensor] = field(default_factory=list)
    positive: list[Tensor] = field(default_factory=list)
    outcome: list[Tensor] = field(default_factory=list)

    def add(self, score: Tensor, positive: Tensor, outcome: Tensor | None = None) -> None:
        """Of any shape, all alike."""
        self.score.append(score.flatten())
        self.positive.append(positive.flatten())
        self.outcome.append((positive if outcome is None else outcome).flatten())

    def quality(self, *, is_probability: bool) -> Quality:
        score, positive, outcome = (
            torch.cat(x).double().cpu().numpy() for x in (self.score, self.positive, self.outcome)
        )
        if not is_probability:
            return quality(score, positive.astype(np.bool_))
        return probability_quality(score, positive.astype(np.bool_), outcome)


def held_out_metrics(networks: AgentNetworks, episodes: list[Episode]) -> dict[str, float]:
    """Losses, AUC and calibration on whole episodes, by TensorBoard tag."""
    return measure(networks, episodes).metrics()


@torch.no_grad()
def measure(networks: AgentNetworks, episodes: list[Episode]) -> HeldOut:
    """Filter whole episodes, look ahead from each of their states, and compare with the labels.

    Neither the networks nor the random state are changed by it.
    """
    device = next(networks.parameters()).device
    losses: dict[str, list[tuple[float, int]]] = defaultdict(list)
    predictions: dict[str, _Predictions] = defaultdict(_Predictions)
    was_training = networks.training
    networks.eval()  # decode every frame
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(SEED)
        for batch in whole_episodes(episodes):
            if networks.config.world_model.memory == "observation":
                batch.is_first[:] = True  # what the acting policy remembers is what is measured
            data = to_tensors(batch, device)
            _measure_group(networks, data, losses, predictions)
    networks.train(was_training)
    if not networks.config.world_model.cost_scale:
        predictions = {n: p for n, p in predictions.items() if not n.startswith("cost")}
    return HeldOut(
        episodes=len(episodes),
        observations=sum(len(e) for e in episodes),
        losses={name: _weighted(parts) for name, parts in losses.items()},
        signals={
            name: found.quality(is_probability=not name.startswith("reward"))
            for name, found in sorted(predictions.items(), key=_by_steps)
        },
    )


def whole_episodes(episodes: list[Episode], rows: int = ROWS) -> Iterator[Batch]:
    """Episodes as the rows of batches: those of one length together, ``rows`` at most."""
    by_length: dict[int, list[Episode]] = defaultdict(list)
    for episode in episodes:
        by_length[len(episode)].append(episode)
    for members in by_length.values():
        for start in range(0, len(members), rows):
            yield as_batch(members[start : start + rows])


def look_ahead(
    model: WorldModel, states: State, action: Tensor, steps: int
) -> Iterator[tuple[int, Tensor]]:
    """Follow the recorded actions without a look, from every state that has K successors.

    Args:
        model: the world model.
        states: posterior states (B, T, ...).
        action: (B, T, A).
        steps: the largest K.

    Yields:
        K from 1 on, and the features (B, T - K, S) predicted for observations K .. T - 1.
    """
    batch, length = action.shape[:2]
    for ahead in range(1, min(steps, length - 1) + 1):
        span = length - ahead
        before = states.map(lambda x: x[:, :span].flatten(0, 1))  # noqa: B023 - used at once
        taken = action[:, ahead - 1 : length - 1].flatten(0, 1)
        after = model.rssm.imagine_step(before, taken)
        states = after.map(lambda x: x.reshape(batch, span, -1))  # noqa: B023
        yield ahead, states.features()


def _measure_group(
    networks: AgentNetworks,
    data: TensorBatch,
    losses: dict[str, list[tuple[float, int]]],
    predictions: dict[str, _Predictions],
) -> None:
    model = networks.world_model
    filtered = model.filter(data)
    features = filtered.states.features()
    for name, value in filtered.losses.items():
        losses[name].append((float(value.mean()), len(value)))
    losses["cloning"].append((_cloning(networks, features, data), len(features)))
    contact, reached = data.cost > 0, data.reward > 0
    predictions["cost"].add(model.cost.probability(features), contact)
    predictions["reward"].add(model.reward(features), reached)
    ahead = networks.violation_label(data.cost)
    reachability = networks.violation_ahead(features)
    if reachability is not None:
        predictions["reachability"].add(reachability, ahead > 0, ahead)
    cost: dict[int, list[Tensor]] = defaultdict(list)
    reward: dict[int, list[Tensor]] = defaultdict(list)
    for _ in range(FUTURES):
        for steps, future in look_ahead(model, filtered.states, data.action, max(OPEN_LOOP)):
            if steps in OPEN_LOOP:
                cost[steps].append(model.cost.probability(future))
                reward[steps].append(model.reward(future))
    for steps in cost:
        probability = torch.stack(cost[steps]).mean(0)
        later, apart = contact[:, steps:], ~contact[:, :-steps]
        predictions[f"cost_open_{steps}"].add(probability, later)
        predictions[f"cost_onset_open_{steps}"].add(probability[apart], later[apart])
        expected = torch.stack(reward[steps]).mean(0)
        predictions[f"reward_open_{steps}"].add(expected, reached[:, steps:])


def _cloning(networks: AgentNetworks, features: Tensor, data: TensorBatch) -> float:
    inside = features[:, :-1].flatten(0, 1)
    action = data.action[:, :-1].flatten(0, 1)
    weight = torch.ones(len(inside), device=inside.device)
    return float(cloning_loss(networks.learner(), inside, action, weight, 0.0))


def as_batch(episodes: list[Episode]) -> Batch:
    """Whole episodes of one length as the rows of a batch."""

    def stack(name: str) -> npt.NDArray[np.generic]:
        return np.stack([getattr(e, name) for e in episodes])

    first = np.zeros((len(episodes), len(episodes[0])), np.bool_)
    first[:, 0] = True
    return Batch(
        image=stack("image").astype(np.uint8),
        pose=stack("pose").astype(np.float32),
        action=stack("action").astype(np.float32),
        reward=stack("reward").astype(np.float32),
        cost=stack("cost").astype(np.float32),
        is_first=first,
        is_terminal=stack("is_terminal").astype(np.bool_),
    )


def _by_steps(item: tuple[str, _Predictions]) -> tuple[str, int]:
    """Sort by name, a number at its end by its size."""
    stem, _, last = item[0].rpartition("_")
    return (stem, int(last)) if last.isdigit() else (item[0], 0)


def _weighted(parts: list[tuple[float, int]]) -> float:
    return sum(v * n for v, n in parts) / sum(n for _, n in parts)
