"""How well the model knows what it was not trained on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from fosp_agent.agents.base_networks import AgentNetworks
from fosp_agent.behavior.offline import cloning_loss
from fosp_agent.tensors import to_tensors
from fosp_agent.types import Batch, Episode

FloatArray = npt.NDArray[np.float64]

SEED = 0
"""Of the latents drawn while measuring: two measurements of one model agree."""


def whole_episodes(episodes: list[Episode]) -> Batch:
    """Episodes of one length as the rows of a batch."""
    length = min(len(e) for e in episodes)

    def stack(name: str) -> npt.NDArray[np.generic]:
        return np.stack([getattr(e, name)[:length] for e in episodes])

    first = np.zeros((len(episodes), length), np.bool_)
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


def area_under_curve(score: FloatArray, positive: npt.NDArray[np.bool_]) -> float:
    """ROC AUC by ranks, ties averaged; NaN where a class is missing: (N,), (N,) -> number."""
    hits, misses = int(positive.sum()), int((~positive).sum())
    if hits == 0 or misses == 0:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def calibration_error(
    probability: FloatArray, positive: npt.NDArray[np.bool_], bins: int = 10
) -> float:
    """Expected calibration error over equal-width bins: (N,), (N,) -> number in [0, 1]."""
    index = np.minimum((probability * bins).astype(int), bins - 1)
    error = 0.0
    for b in range(bins):
        inside = index == b
        if inside.any():
            gap = abs(float(probability[inside].mean()) - float(positive[inside].mean()))
            error += gap * float(inside.mean())
    return error


@torch.no_grad()
def held_out_metrics(networks: AgentNetworks, episodes: list[Episode]) -> dict[str, float]:
    """Losses, cost AUC and calibration, and the policy's likelihood, on whole episodes."""
    batch = whole_episodes(episodes)
    if networks.config.world_model.memory == "observation":
        batch.is_first[:] = True  # what the acting policy remembers is what is measured
    data = to_tensors(batch, next(networks.parameters()).device)
    model = networks.world_model
    networks.eval()  # decode every frame
    with torch.random.fork_rng(devices=[]):  # measuring does not disturb what is measured
        torch.manual_seed(SEED)
        filtered = model.filter(data)
    networks.train()
    metrics = {f"held_out/{name}": float(x.mean()) for name, x in filtered.losses.items()}
    features = filtered.states.features()
    contact = (data.cost > 0).cpu().numpy().ravel()
    probability = model.cost.probability(features).cpu().numpy().ravel().astype(np.float64)
    metrics["held_out/cost_auc"] = area_under_curve(probability, contact)
    metrics["held_out/cost_calibration_error"] = calibration_error(probability, contact)
    if contact.any():
        metrics["held_out/cost_at_contact"] = float(probability[contact].mean())
    ahead = torch.flip(torch.cummax(torch.flip(data.cost > 0, [1]).int(), 1).values, [1])
    reach = networks.violation_ahead(features)
    if reach is not None:
        metrics["held_out/reachability_auc"] = area_under_curve(
            reach.cpu().numpy().ravel().astype(np.float64),
            ahead.cpu().numpy().ravel().astype(np.bool_),
        )
    inside = features[:, :-1].flatten(0, 1)
    weight = torch.ones(len(inside), device=inside.device)
    cloning = cloning_loss(
        networks.learner(), inside, data.action[:, :-1].flatten(0, 1), weight, 0.0
    )
    metrics["held_out/cloning"] = float(cloning)
    return metrics
