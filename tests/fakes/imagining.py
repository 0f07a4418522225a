"""What the tests of several agents do: see a batch, imagine from it, take gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.model_based import ModelBasedAgent, Posterior
from fosp_agent.behavior.imagination import Rollout
from fosp_agent.nn.optim import frozen
from fosp_agent.tensors import TensorBatch, to_tensors
from fosp_agent.world_model.rssm import State


def make_loud(*networks: nn.Module) -> None:
    """Give two-hot networks, which begin at zero, something to say."""
    torch.manual_seed(7)
    for network in networks:
        nn.init.normal_(network.mlp.output.weight, std=0.3)  # type: ignore[union-attr, arg-type]


def see(agent: ModelBasedAgent[Any], batch: Any) -> tuple[Posterior, TensorBatch]:
    """The batch as the world model sees it, without a gradient step."""
    data = to_tensors(batch)
    with torch.no_grad():
        states = agent.networks.world_model.filter(data).states
    return Posterior.of(states), data


def imagined(agent: ModelBasedAgent[Any], batch: Any) -> Rollout:
    """A roll-out of the policy that learns; the same luck each time."""
    torch.manual_seed(3)
    return agent._imagine(*see(agent, batch))


def cut_dynamics(agent: ModelBasedAgent[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """No gradient passes from a state to the action before it."""
    rssm = agent.networks.world_model.rssm
    step = rssm.imagine_step

    def cut(state: State, action: Tensor, *rest: Any) -> State:
        return step(state.map(torch.Tensor.detach), action.detach(), *rest)

    monkeypatch.setattr(rssm, "imagine_step", cut)


def gradient(
    agent: ModelBasedAgent[Any], loss: Callable[[], Tensor], parameters: list[nn.Parameter]
) -> Tensor:
    """The gradient of a loss as one vector; zeros where it does not reach."""
    policies = set(agent.networks.policies().values())
    others = [m for m in agent.networks.children() if m not in policies]
    with frozen(others):
        parts = torch.autograd.grad(loss(), parameters, allow_unused=True)
    return torch.cat(
        [
            torch.zeros_like(p).flatten() if g is None else g.flatten()
            for p, g in zip(parameters, parts, strict=True)
        ]
    )


def actor_gradient(agent: Fosp, batch: Any) -> Tensor:
    """Of FOSP's whole actor loss on a batch, as one vector; the same luck each time."""
    torch.manual_seed(3)
    nets = agent.networks
    with frozen([nets.world_model, *nets.behaviors()]):
        posterior, data = see(agent, batch)
        loss, _ = agent._actor_loss(posterior, data, agent._imagine(posterior, data))
    parts = torch.autograd.grad(loss, list(nets.learner().parameters()))
    return torch.cat([p.flatten() for p in parts])
