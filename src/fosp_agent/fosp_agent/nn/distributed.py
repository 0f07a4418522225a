"""Several processes that take one gradient step together (DistributedDataParallel by hand).

An agent has several optimisers that take turns, losses of which only a part reaches each group of
weights, and statistics that are not weights at all. So there is no wrapper around a module:
gradients are averaged in ``Optimizer.step``, and what is not linear in the batch (percentiles,
weighted means, the multiplier) is computed over all processes' rows. With the rows of one batch
dealt out to N processes, each takes the step that one process takes with all of them.

Without a process group, or alone in it, every function here is the identity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

Value = TypeVar("Value")


def world_size() -> int:
    """Number of processes that train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def is_main() -> bool:
    """Whether this process writes files and talks to the person."""
    return rank() == 0


@torch.no_grad()
def mean(value: Tensor) -> Tensor:
    """The mean over processes, without a graph: (...) -> (...)."""
    if world_size() == 1:
        return value
    total = value.detach().clone()
    dist.all_reduce(total)
    return total / world_size()


@torch.no_grad()
def average_(tensors: Sequence[Tensor]) -> None:
    """Replace tensors of one dtype by their means over processes, in one message."""
    if world_size() == 1 or not tensors:
        return
    joined = mean(torch.cat([t.flatten() for t in tensors]))
    parts = torch.split(joined, [t.numel() for t in tensors])
    for tensor, part in zip(tensors, parts, strict=True):
        tensor.copy_(part.view_as(tensor))


@torch.no_grad()
def gather(value: Tensor) -> Tensor:
    """All processes' values one after the other; all of one size: (N,) -> (world * N,)."""
    if world_size() == 1:
        return value
    parts = [torch.empty_like(value) for _ in range(world_size())]
    dist.all_gather(parts, value.contiguous())
    return torch.cat(parts)


def anywhere(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set on any process."""
    if world_size() == 1:
        return flag
    value = torch.tensor(float(flag), device=device)
    dist.all_reduce(value, dist.ReduceOp.MAX)
    return bool(value)


def gather_objects(value: Value) -> list[Value]:
    """Every process's value, by rank."""
    if world_size() == 1:
        return [value]
    found: list[Value | None] = [None] * world_size()
    dist.all_gather_object(found, value)
    return found  # type: ignore[return-value]  # every place was filled


def from_main(value: Value) -> Value:
    """The main process's value, on every process."""
    if world_size() == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def share(count: int) -> int:
    """This process's part of something that is counted over all of them; at least 1, 0 stays 0."""
    return -(-count // world_size())
