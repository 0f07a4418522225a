"""Who proposes actions: each policy K of them, and the world model's cloning head one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from fosp_agent.behavior.actor import Actor
from fosp_agent.nn.layers import MLP


class Proposer(Protocol):
    """Proposes actions, and can go on after one in imagination."""

    @property
    def name(self) -> str:
        """Of the policy."""
        ...

    def act(self, features: Tensor, *, greedy: bool, generator: torch.Generator | None) -> Tensor:
        """One action for each of N states, the likeliest or drawn: (N, S) -> (N, A)."""
        ...

    def propose(
        self, features: Tensor, *, greedy: bool, generator: torch.Generator | None
    ) -> Tensor:
        """Candidates for one state: (1, S) -> (K, A)."""
        ...

    def given(self, known: Tensor) -> Proposer:
        """The same where the first features (D,) are known."""
        ...


@dataclass(frozen=True)
class ActorProposer:
    """A policy of the agent; K = ``count``."""

    name: str
    actor: Actor
    count: int = 1

    def act(self, features: Tensor, *, greedy: bool, generator: torch.Generator | None) -> Tensor:
        """See ``Proposer``."""
        policy = self.actor(features)
        action: Tensor = policy.mode if greedy else policy.sample(generator)
        return action

    def propose(
        self, features: Tensor, *, greedy: bool, generator: torch.Generator | None
    ) -> Tensor:
        """All drawn; when greedy, the likeliest action and draws beside it."""
        if not greedy:
            return self.act(features.expand(self.count, -1), greedy=False, generator=generator)
        likeliest = self.act(features, greedy=True, generator=generator)
        if self.count == 1:
            return likeliest
        others = features.expand(self.count - 1, -1)
        return torch.cat([likeliest, self.act(others, greedy=False, generator=generator)])

    def given(self, known: Tensor) -> ActorProposer:
        """See ``Proposer``."""
        return replace(self, actor=self.actor.given(known))


@dataclass(frozen=True)
class CloningProposer:
    """The world model's own prediction of the demonstrator's action; K = 1."""

    head: MLP
    name: str = "cloning"

    def act(self, features: Tensor, *, greedy: bool, generator: torch.Generator | None) -> Tensor:
        """See ``Proposer``; it has nothing to draw."""
        del greedy, generator
        return torch.tanh(self.head(features))

    def propose(
        self, features: Tensor, *, greedy: bool, generator: torch.Generator | None
    ) -> Tensor:
        """Its one action."""
        return self.act(features, greedy=greedy, generator=generator)

    def given(self, known: Tensor) -> CloningProposer:
        """See ``Proposer``."""
        return replace(self, head=self.head.given(known))
