"""Where to train: a device that is not there is an error with a remedy."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.registry import make_agent
from fosp_agent.nn import distributed
from fosp_agent.training.devices import DeviceError, choose_device, training_device


def test_cuda_without_a_gpu_names_the_build_and_the_remedy(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"cuda:1 was asked for.*use --device cpu"):
        choose_device("cuda:1")


def test_a_gpu_is_chosen_by_its_number_or_by_that_of_the_process(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("cuda") == torch.device("cuda", 0)
    assert choose_device("cuda", local_rank=1) == torch.device("cuda", 1)
    assert choose_device("cuda:1") == torch.device("cuda", 1)
    with pytest.raises(DeviceError, match="no cuda:2, this machine has 2 GPUs"):
        choose_device("cuda", local_rank=2)


@pytest.mark.parametrize("name", ["gpu", "meta", "cuda:x", ""])
def test_an_unknown_device_lists_the_valid_ones(name: str):
    with pytest.raises(DeviceError, match="choose cpu, cuda or cuda:N"):
        choose_device(name)


def test_alone_there_is_no_process_group():
    with training_device("cpu") as device:
        assert device == torch.device("cpu")
        assert distributed.world_size() == 1
        assert distributed.is_main()
        assert distributed.gather(torch.ones(3)).tolist() == [1, 1, 1]
        assert distributed.from_main("x") == "x"
        assert distributed.share(7) == 7


def test_all_networks_and_constants_go_to_the_device(make_config):
    agent = make_agent(make_config(), "meta")
    assert isinstance(agent, Fosp)
    tensors = [*agent.networks.parameters(), *agent.networks.buffers()]
    assert {t.device.type for t in tensors} == {"meta"}
    agent.expand()
    assert agent.networks.new is not None
    assert {p.device.type for p in agent.networks.new.parameters()} == {"meta"}
    held = [p for o in agent.optimizers.values() for p in o.parameters]
    assert {p.device.type for p in held} == {"meta"}
