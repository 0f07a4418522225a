"""Where to train: one device, or several processes started by torchrun, each with its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module

import torch
import torch.distributed as dist

from fosp_agent.errors import UserError

BACKENDS = {"cpu": "gloo", "cuda": "nccl"}
"""How processes talk to one another, by kind of device."""
PATIENCE = timedelta(hours=1)
"""For how long processes wait for the main one while it measures and writes."""


class DeviceError(UserError):
    """The device that was asked for does not exist here."""


def choose_device(name: str, local_rank: int = 0) -> torch.device:
    """The device of a name such as cpu, cuda or cuda:1, tried out.

    Args:
        name: cuda without a number is the GPU with the number of this process on this machine.
        local_rank: that number.

    Raises:
        DeviceError: unknown, or not there; with the remedy.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in BACKENDS:
        raise DeviceError(f"unknown device {name!r}; choose cpu, cuda or cuda:N")
    if device.type == "cpu":
        return device
    if not torch.cuda.is_available():
        build = torch.version.cuda or "no CUDA"
        raise DeviceError(
            f"{name} was asked for, but PyTorch {torch.__version__} (built for {build}) finds no "
            "GPU; use --device cpu, or install a driver and a CUDA build of PyTorch"
        )
    index = local_rank if device.index is None else device.index
    if index >= torch.cuda.device_count():
        raise DeviceError(
            f"there is no cuda:{index}, this machine has {torch.cuda.device_count()} GPUs; choose "
            "a lower number, or fewer processes"
        )
    return torch.device("cuda", index)


@contextmanager
def training_device(name: str) -> Iterator[torch.device]:
    """This process's device; under torchrun, the processes are joined for as long as it lasts.

    Raises:
        DeviceError: the device is not there.
    """
    device = choose_device(name, int(os.environ.get("LOCAL_RANK", "0")))
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    _bind_group_nowhere()
    dist.init_process_group(BACKENDS[device.type], timeout=PATIENCE)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def _bind_group_nowhere() -> None:
    """Import what would otherwise keep the group of the processes for ever.

    The functions of this module have ``group=group.WORLD`` among their defaults, and the first step
    of an optimiser imports it. Imported with a group there, it holds that group until the
    interpreter is taken down; its threads then outlive ``destroy_process_group``, and a process
    that ends under them may abort ("terminate called without an active exception").
    """
    import_module("torch.distributed.nn.functional")
