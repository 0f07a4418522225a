"""Roll-outs inside the world model (eq. 6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.world_model.cost_ensemble import EnsembleCost
from fosp_agent.world_model.heads import BernoulliCost, ContinueHead, RewardHead, TwoHotCost
from fosp_agent.world_model.rssm import RSSM, State
from fosp_agent.world_model.world_model import WorldModel


class Dream(Protocol):
    """The part of a world model that imagination needs."""

    @property
    def rssm(self) -> RSSM:
        """What happens next."""
        ...

    @property
    def reward(self) -> RewardHead:
        """Of a state."""
        ...

    @property
    def cost(self) -> BernoulliCost | TwoHotCost | EnsembleCost:
        """Of a state."""
        ...

    @property
    def proceed(self) -> ContinueHead:
        """Whether a state is not terminal."""
        ...


class Rollout(NamedTuple):
    """H imagined steps from N states. Index h of ``features`` is state h, 0 the (real) root."""

    features: Tensor
    """(H + 1, N, S)"""
    action: Tensor
    """(H, N, A); action[h] is taken in state h."""
    reward: Tensor
    """(H, N); reward[h] arrives with state h + 1."""
    cost: Tensor
    """(H, N); expected cost of state h + 1."""
    violation: Tensor
    """(H + 1, N); probability of any cost in state h."""
    proceed: Tensor
    """(H + 1, N); probability that state h is not terminal; the root's is known."""

    def weight(self, gamma: float) -> Tensor:
        """Probability that state h is reached, discounted: (H, N), root's continuation included."""
        survival = torch.cumprod(gamma * self.proceed[:-1], 0) / gamma
        return survival.detach()

    def detached(self) -> Rollout:
        """The same roll-out without its graph."""
        return Rollout(*(x.detach() for x in self))


def stands_still(model: Dream, state: State) -> bool:
    """Whether imagination from this state moves the pose alone and leaves the latents be."""
    return model.rssm.kinematic and state.pose is not None


def moved(rssm: RSSM, start: State, share: float, anywhere: float = 0.0) -> State:
    """Some of the states at the pose of another one, or anywhere within the bounds.

    Args:
        rssm: that knows what a scene shows elsewhere.
        start: N states with a direct pose.
        share: of them that are moved.
        anywhere: share of those that are moved anywhere, where imagination has bounds.
    """
    assert start.pose is not None
    count, device = len(start.pose), start.pose.device
    other = start.pose[torch.randperm(count, device=device)]
    if anywhere:
        strewn = rssm.low + (rssm.high - rssm.low) * torch.rand_like(other)
        other = torch.where(torch.rand(count, 1, device=device) < anywhere, strewn, other)
    chosen = torch.rand(count, 1, device=device) < share
    return rssm.placed(start, torch.where(chosen, other, start.pose))


def imagine(
    model: WorldModel, actor: Actor, start: State, root_proceed: Tensor, horizon: int
) -> Rollout:
    """Let the actor run through the model, with the graph from action to prediction.

    Args:
        model: world model.
        actor: the policy that acts.
        start: N real states, without a graph.
        root_proceed: (N,) 0 where the real root was terminal, else 1.
        horizon: H.
    """
    return unroll(model, lambda _, features: actor(features).sample(), start, root_proceed, horizon)


def unroll(
    model: Dream,
    act: Callable[[int, Tensor], Tensor],
    start: State,
    root_proceed: Tensor,
    horizon: int,
    generator: torch.Generator | None = None,
) -> Rollout:
    """Let anything run through the model.

    Args:
        model: world model.
        act: step h and features (N, S) -> action (N, A).
        start: N states.
        root_proceed: (N,) 0 where the root is terminal, else 1.
        horizon: H.
        generator: source of the latents' randomness; None: torch's own.
    """
    state = start
    features, actions = [state.features()], []
    for step in range(horizon):
        action = act(step, features[-1])
        state = model.rssm.imagine_step(state, action, generator)
        actions.append(action)
        features.append(state.features())
    stacked = torch.stack(features)
    after = stacked[1:]
    cost, violation = model.cost.predict(stacked)
    return Rollout(
        features=stacked,
        action=torch.stack(actions),
        reward=model.reward(after),
        cost=cost[1:],
        violation=violation,
        proceed=torch.cat([root_proceed.unsqueeze(0), model.proceed(after)]),
    )
