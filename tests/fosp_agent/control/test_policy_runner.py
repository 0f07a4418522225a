"""The policy at work: filters as in training, executes what it scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fosp_agent.agents.networks import FospNetworks
from fosp_agent.config import load_preset
from fosp_agent.control.policy_runner import ObservationMisfit, PolicyRunner
from fosp_agent.errors import UserError
from fosp_agent.tensors import to_tensors
from fosp_agent.training.weights import fresh, load_weights, save_weights
from fosp_agent.types import Batch, Decision
from fosp_agent.world_model import rssm as rssm_module

LENGTH = 6


@pytest.fixture
def weights(make_weights) -> Path:
    return make_weights({})


@pytest.fixture
def batch(make_batch) -> Batch:
    return make_batch(1, LENGTH)


def episode(runner: PolicyRunner, batch: Batch, **executed: Any) -> list[Decision]:
    """Act through the batch's only row; afterwards the batch's actions count as executed."""
    decisions = []
    for t in range(LENGTH):
        previous = batch.action[0, t - 1] if executed.get("given", True) and t else None
        decisions.append(runner.act(batch.image[0, t], batch.pose[0, t], previous))
    return decisions


def same(one: list[Decision], other: list[Decision]) -> bool:
    return all(np.array_equal(a.action, b.action) for a, b in zip(one, other, strict=True))


def test_a_runner_knows_its_weights(weights: Path):
    runner = PolicyRunner.from_file(weights)
    assert runner.version == 4
    assert runner.sha256 == load_weights(weights).info.sha256
    assert runner.action_scale.tolist() == pytest.approx([0.01] * 3 + [0.05] * 3)


def test_acting_filters_as_training_does(weights: Path, batch: Batch, monkeypatch):
    """Given the same latents, each posterior equals that of RSSM.observe on the whole row."""
    acted: list[tuple[Tensor, Tensor]] = []
    posteriors: list[Tensor] = []
    original = PolicyRunner._redraw

    def redraw(self: PolicyRunner, state: Any, log_probs: Tensor) -> Any:
        drawn = original(self, state, log_probs)
        posteriors.append(log_probs)
        acted.append((drawn.deter, drawn.stoch))
        return drawn

    monkeypatch.setattr(PolicyRunner, "_redraw", redraw)
    episode(PolicyRunner.from_file(weights, seed=3), batch)

    model = load_weights(weights).networks.world_model
    latents = iter([stoch for _, stoch in acted])

    def as_acted(log_probs: Tensor) -> Tensor:
        return next(latents).view(log_probs.shape)

    monkeypatch.setattr(rssm_module, "sample_one_hot", as_acted)
    data = to_tensors(batch)
    with torch.no_grad():
        embedding, _ = model.encoder(data.image, data.pose)
        states, posterior, _ = model.rssm.observe(embedding, data.action, data.is_first)
    torch.testing.assert_close(torch.stack(posteriors, 1), posterior, rtol=1e-4, atol=1e-5)
    deter = torch.stack([d for d, _ in acted], 1)
    torch.testing.assert_close(deter, states.deter, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.stack([s for _, s in acted], 1), states.stoch)


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_the_executed_action_is_exactly_the_candidate_that_was_scored(
    weights: Path, batch: Batch, mode: str
):
    runner, networks = PolicyRunner.from_file(weights, mode=mode), load_weights(weights).networks
    for t in range(LENGTH):
        decision = runner.act(batch.image[0, t], batch.pose[0, t])
        chosen = decision.candidates[decision.chosen]
        assert np.array_equal(decision.action, chosen.action)
        assert [c.policy for c in decision.candidates] == ["offline", "new"]
        assert sum(c.probability for c in decision.candidates) == pytest.approx(1, abs=1e-5)
        assert runner._state is not None
        features = runner._state.features()
        for candidate in decision.candidates:
            action = torch.from_numpy(candidate.action).unsqueeze(0)
            for critic, value in (
                (networks.reward_critic, candidate.q_r),
                (networks.cost_critic, candidate.q_c),
            ):
                scored = critic.action_value(features, action).item()
                assert scored == pytest.approx(value, rel=1e-4, abs=1e-5)
        one, other = decision.candidates
        assert one.q_r != other.q_r
        assert one.q_c != other.q_c


def test_without_a_verdict_the_last_decision_counts_as_executed(weights: Path, batch: Batch):
    runner = PolicyRunner.from_file(weights)
    told, untold = [], []
    for out, tell in ((told, True), (untold, False)):
        runner.reset(1)
        last = None
        for t in range(LENGTH):
            decision = runner.act(
                batch.image[0, t], batch.pose[0, t], last.action if tell and last else None
            )
            out.append(decision)
            last = decision
    assert same(told, untold)


def test_what_was_really_executed_changes_what_is_believed(weights: Path, batch: Batch):
    runner = PolicyRunner.from_file(weights)
    given = episode(runner, batch)
    runner.reset(0)
    assert not same(given, episode(runner, batch, given=False))


@pytest.mark.parametrize("mode", ["sample", "greedy"])
def test_a_seed_decides_an_episode_whatever_happened_before(weights: Path, batch: Batch, mode: str):
    runner = PolicyRunner.from_file(weights, mode=mode, seed=3)
    first = episode(runner, batch)
    torch.randn(7)
    runner.reset()
    assert same(first, episode(runner, batch))
    runner.reset(4)
    other = episode(runner, batch)
    assert same(first, other) is (mode == "greedy")
    runner.reset(3)
    assert same(first, episode(runner, batch))
    assert same(first, episode(PolicyRunner.from_file(weights, mode=mode, seed=3), batch))


def test_a_candidate_that_its_value_strongly_favours_acts(weights: Path, batch: Batch, monkeypatch):
    runner = PolicyRunner.from_file(weights)
    zero = torch.zeros(2)
    critics = runner._networks
    monkeypatch.setattr(critics.cost_critic, "action_value", lambda *_: zero)
    monkeypatch.setattr(critics.reward_critic, "action_value", lambda *_: torch.tensor([0.0, 1.0]))
    assert all(d.chosen == 1 for d in episode(runner, batch))
    monkeypatch.setattr(critics.reward_critic, "action_value", lambda *_: zero)
    monkeypatch.setattr(critics.cost_critic, "action_value", lambda *_: torch.tensor([0.0, 1.0]))
    assert all(d.chosen == 0 for d in episode(runner, batch))


def test_before_the_expansion_the_offline_policy_acts_alone(
    tmp_path: Path, make_config, batch: Batch
):
    path = tmp_path / "offline.safetensors"
    save_weights(path, FospNetworks(make_config()), version=0)
    for decision in episode(PolicyRunner.from_file(path), batch):
        assert decision.chosen == 0
        assert [(c.policy, c.probability) for c in decision.candidates] == [("offline", 1.0)]
        assert 0 <= decision.feasibility <= 1


def test_greedy_actions_are_the_means(weights: Path, batch: Batch):
    runner = PolicyRunner.from_file(weights, mode="greedy")
    decision = runner.act(batch.image[0, 0], batch.pose[0, 0])
    assert runner._state is not None
    policy = load_weights(weights).networks.offline(runner._state.features())
    np.testing.assert_allclose(
        decision.candidates[0].action, policy.mean[0].detach().numpy(), rtol=1e-4, atol=1e-6
    )
    assert decision.chosen == int(np.argmax([c.probability for c in decision.candidates]))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((32, 32, 3), np.uint8),
        np.zeros((64, 64, 6), np.uint8),
        np.zeros((3, 64, 64), np.uint8),
        np.zeros((64, 64, 3), np.float32),
    ],
    ids=["small", "two cameras", "channels first", "float"],
)
def test_an_image_of_another_kind_is_refused(weights: Path, image: Any):
    with pytest.raises(
        ObservationMisfit, match=r"trained with uint8 images of shape \(64, 64, 3\)"
    ):
        PolicyRunner.from_file(weights).act(image, np.zeros(6, np.float32))


def test_a_pose_of_another_size_is_refused(weights: Path):
    with pytest.raises(ObservationMisfit, match="poses of size 6"):
        PolicyRunner.from_file(weights).act(
            np.zeros((64, 64, 3), np.uint8), np.zeros(7, np.float32)
        )


def test_the_cloning_mode_acts_by_the_world_models_own_head(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    config = load_preset("tiny", {"world_model.cloning_scale": 1.0})
    save_weights(path, FospNetworks(config), version=0)
    runner = PolicyRunner.from_file(path, mode="cloning")
    image, pose = np.zeros((64, 64, 3), np.uint8), np.zeros(6, np.float32)
    decision = runner.act(image, pose)
    features = runner._state.features()
    expected = torch.tanh(runner._networks.world_model.cloning(features))[0].numpy()
    np.testing.assert_allclose(decision.action, expected, atol=1e-6)
    assert decision.candidates[0].policy == "cloning"


def test_the_cloning_mode_needs_its_head(tmp_path: Path):
    path = tmp_path / "w.safetensors"
    fresh("tiny", path)
    with pytest.raises(UserError, match="no behaviour-cloning head"):
        PolicyRunner.from_file(path, mode="cloning")
