"""A compiled gradient step is the eager one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from fakes.joined_steps import gradients
from fosp_agent.agents.fosp import Fosp
from fosp_agent.nn import compiled as switch
from fosp_agent.nn.compiled import compiled
from fosp_agent.settings import ConfigError
from fosp_agent.world_model.heads import RewardHead

CPU = torch.device("cpu")
SHORT = {"training.horizon": 1, "world_model.layers": 1, "world_model.cloning_scale": 1.0}
"""Time and imagination are unrolled: two steps and one take a fraction of the compiler's time."""


def test_a_compiled_step_has_the_losses_and_gradients_of_the_eager_one(
    make_config, make_batch, monkeypatch: pytest.MonkeyPatch
):
    """Traced and differentiated as by the compiler, with every random draw; its kernels are left
    out, which take a minute to build: the next test has some of them."""
    monkeypatch.setattr(switch, "BACKEND", "aot_eager")
    monkeypatch.setattr(switch, "OPTIONS", None)

    def stepped(fused: bool) -> tuple[dict[str, float], dict[str, Tensor]]:
        torch.manual_seed(5)
        agent = Fosp(make_config(SHORT | {"training.compile": fused}))
        return agent.train_step(make_batch(2, 2)), gradients(agent)

    (eager, expected), (fused, found) = stepped(False), stepped(True)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] >= 2  # it did compile
    assert fused == pytest.approx(eager, rel=1e-3, abs=1e-4)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        scale = float(value.abs().max())
        torch.testing.assert_close(found[name], value, atol=1e-3 * scale + 1e-9, rtol=1e-2)


def test_a_head_built_by_the_compiler_has_the_eager_heads_loss_and_gradient(make_config):
    head = RewardHead(8, make_config(SHORT).world_model)
    torch.nn.init.normal_(head.mlp.output.weight, std=0.3)
    features, reward = torch.randn(4, 8), torch.tensor([0.0, -2.5, 1.0, 30.0])
    fused = compiled(head.loss, CPU, enabled=True)
    losses = [loss(features, reward) for loss in (head.loss, fused)]
    parts = [torch.autograd.grad(loss.sum(), list(head.parameters())) for loss in losses]
    torch.testing.assert_close(losses[1], losses[0])
    for found, expected in zip(parts[1], parts[0], strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_off_the_function_itself_is_called():
    assert compiled(torch.sin, CPU, enabled=False) is torch.sin


def test_without_a_c_compiler_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(ConfigError, match=r"no-such-compiler is not there; install one \(apt"):
        compiled(torch.sin, CPU, enabled=True)


def test_weights_do_not_tell_whether_they_were_trained_by_compiled_steps(make_config):
    def names(**settings: Any) -> list[str]:
        return list(Fosp(make_config(settings)).networks.state_dict())

    assert names(**{"training.compile": True}) == names()
