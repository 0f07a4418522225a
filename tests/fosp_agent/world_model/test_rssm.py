"""The recurrent state-space model: resets, alignment, unimix, KL."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fosp_agent.config import load_preset
from fosp_agent.world_model import rssm as rssm_module
from fosp_agent.world_model.motion import Motion, pose_motion
from fosp_agent.world_model.rssm import RSSM, State

BATCH, TIME, EMBEDDING, ACTIONS = 2, 6, 7, 3


@pytest.fixture
def rssm(make_config) -> RSSM:
    model = RSSM(EMBEDDING, ACTIONS, make_config().world_model)
    torch.nn.init.normal_(model.initial_deter)
    return model


@pytest.fixture
def no_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Latents take their most probable class."""

    def mode(log_probs: Tensor) -> Tensor:
        return F.one_hot(log_probs.argmax(-1), log_probs.shape[-1]).to(log_probs.dtype)

    monkeypatch.setattr(rssm_module, "sample_one_hot", mode)


def sequence() -> tuple[Tensor, Tensor, Tensor]:
    first = torch.zeros(BATCH, TIME, dtype=torch.bool)
    first[:, 0] = True
    return torch.randn(BATCH, TIME, EMBEDDING), torch.randn(BATCH, TIME, ACTIONS), first


def test_observing_gives_states_and_log_probabilities_of_each_step(rssm: RSSM):
    states, posterior, prior = rssm.observe(*sequence())
    assert states.deter.shape == (BATCH, TIME, rssm.deter_size)
    assert states.stoch.shape == (BATCH, TIME, rssm.stoch_size)
    assert posterior.shape == prior.shape == (BATCH, TIME, rssm.latents, rssm.classes)
    torch.testing.assert_close(prior.exp().sum(-1), torch.ones(BATCH, TIME, rssm.latents))


@pytest.mark.usefixtures("no_luck")
def test_a_first_observation_in_mid_row_forgets_latent_and_previous_action(rssm: RSSM):
    embedding, action, first = sequence()
    other_embedding, other_action, _ = sequence()
    other_embedding[:, 3:], other_action[:, 3:] = embedding[:, 3:], action[:, 3:]
    remembered = rssm.observe(embedding, action, first)
    otherwise = rssm.observe(other_embedding, other_action, first)
    assert not torch.allclose(remembered[0].deter[:, 3:], otherwise[0].deter[:, 3:])
    first[:, 3] = True
    for one, other in zip(
        rssm.observe(embedding, action, first),
        rssm.observe(other_embedding, other_action, first),
        strict=True,
    ):
        for a, b in zip(
            one[:2] if isinstance(one, State) else [one],
            other[:2] if isinstance(other, State) else [other],
            strict=True,
        ):
            torch.testing.assert_close(a[:, 3:], b[:, 3:])


@pytest.mark.usefixtures("no_luck")
def test_a_first_observation_resets_only_its_own_row(rssm: RSSM):
    embedding, action, first = sequence()
    before = rssm.observe(embedding, action, first)[0].deter
    first[0, 3] = True
    after = rssm.observe(embedding, action, first)[0].deter
    torch.testing.assert_close(before[1], after[1])
    assert not torch.allclose(before[0, 3:], after[0, 3:])


def test_reset_puts_the_learned_initial_state_and_no_action(rssm: RSSM):
    state = State(torch.randn(2, rssm.deter_size), torch.randn(2, rssm.stoch_size))
    action = torch.ones(2, ACTIONS)
    fresh, taken = rssm.reset(state, action, torch.tensor([True, False]), rssm.initial(2))
    torch.testing.assert_close(fresh.deter[0], torch.tanh(rssm.initial_deter))
    torch.testing.assert_close(fresh.deter[1], state.deter[1])
    torch.testing.assert_close(fresh.stoch[0], rssm.initial(1).stoch[0])
    torch.testing.assert_close(fresh.stoch[1], state.stoch[1])
    assert taken.tolist() == [[0, 0, 0], [1, 1, 1]]


@pytest.mark.usefixtures("no_luck")
def test_an_action_is_seen_from_the_step_after_it_on(rssm: RSSM):
    embedding, action, first = sequence()
    before = rssm.observe(embedding, action, first)[0].deter
    action[:, 2] += 1
    after = rssm.observe(embedding, action, first)[0].deter
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3], after[:, 3])


@pytest.mark.usefixtures("no_luck")
def test_the_last_action_of_a_row_reaches_nothing(rssm: RSSM):
    embedding, action, first = sequence()
    before = rssm.observe(embedding, action, first)[0].deter
    action[:, -1] += 1
    torch.testing.assert_close(before, rssm.observe(embedding, action, first)[0].deter)


def test_prior_and_posterior_both_keep_one_percent_of_the_uniform(rssm: RSSM):
    for layer in (rssm.prior_output, rssm.posterior_output):
        torch.nn.init.normal_(layer.weight, std=1e4)
    _, posterior, prior = rssm.observe(*sequence())
    floor = 0.01 / rssm.classes
    assert posterior.exp().min().item() == pytest.approx(floor, rel=1e-3)
    assert prior.exp().min().item() == pytest.approx(floor, rel=1e-3)


def two_class(probability: float, latents: int) -> Tensor:
    row = torch.tensor([probability, 1 - probability]).log()
    return row.expand(1, 1, latents, 2).clone()


def test_kl_is_summed_over_latents_before_it_is_clipped(rssm: RSSM):
    posterior, prior = two_class(0.9, 4), two_class(0.5, 4)
    one = 0.9 * torch.log(torch.tensor(1.8)) + 0.1 * torch.log(torch.tensor(0.2))
    assert 4 * one > 1 > one  # clipping each latent first would give 4
    for loss in rssm.kl_losses(posterior, prior, 1.0):
        torch.testing.assert_close(loss, (4 * one).view(1, 1))


def test_kl_below_one_nat_counts_one_and_teaches_nothing(rssm: RSSM):
    posterior, prior = two_class(0.6, 4).requires_grad_(), two_class(0.5, 4).requires_grad_()
    losses = rssm.kl_losses(posterior, prior, 1.0)
    assert [float(x.detach()) for x in losses] == [1.0, 1.0]
    for gradient in torch.autograd.grad(sum(x.sum() for x in losses), (posterior, prior)):
        assert not gradient.any()


def test_each_side_of_the_kl_teaches_only_its_own_distribution(rssm: RSSM):
    posterior, prior = two_class(0.99, 4).requires_grad_(), two_class(0.5, 4).requires_grad_()
    dynamics, representation = rssm.kl_losses(posterior, prior, 1.0)
    to_posterior, to_prior = torch.autograd.grad(
        dynamics.sum(), (posterior, prior), allow_unused=True
    )
    assert to_posterior is None
    assert to_prior is not None and to_prior.any()
    to_posterior, to_prior = torch.autograd.grad(
        representation.sum(), (posterior, prior), allow_unused=True
    )
    assert to_prior is None
    assert to_posterior is not None and to_posterior.any()


def test_flattening_joins_batch_and_time_and_cuts_the_graph(rssm: RSSM):
    states, _, _ = rssm.observe(*sequence())
    flat = states.flatten()
    assert flat.deter.shape == (BATCH * TIME, rssm.deter_size)
    assert not flat.deter.requires_grad
    torch.testing.assert_close(flat.deter[TIME], states.deter[1, 0])


def test_a_direct_pose_goes_where_the_actions_send_it():
    rssm = RSSM(5, 2, load_preset("tiny").world_model, Motion((0.1, 0.2), (), ()))
    start = rssm.initial(3)._replace(pose=torch.zeros(3, 2))
    action = torch.tensor([[1.0, -1.0]]).expand(3, -1)
    after = rssm.imagine_step(rssm.imagine_step(start, action), action)
    torch.testing.assert_close(after.pose, torch.tensor([[0.2, -0.4]]).expand(3, -1))
    assert after.features().shape == (3, rssm.feature_size)


def test_an_action_moves_a_direct_pose_by_the_robots_action_scale():
    config = load_preset("tiny", {"world_model.direct_pose": True})
    motion = pose_motion(config)
    assert motion is not None
    moved = torch.tensor(motion.stride) * torch.tensor(config.robot.pose_scale)
    torch.testing.assert_close(moved, torch.tensor(config.robot.action_scale))


def test_kinematic_imagination_moves_the_pose_alone_and_within_its_bounds():
    config = replace(load_preset("tiny").world_model, imagination="kinematic")
    rssm = RSSM(5, 2, config, Motion((0.1, 0.2), (-0.15, -1.0), (1.0, 0.15)))
    start = rssm.initial(3)._replace(pose=torch.zeros(3, 2))
    action = torch.tensor([[-1.0, 1.0]]).expand(3, -1)
    after = rssm.imagine_step(rssm.imagine_step(start, action), action)
    assert torch.equal(after.deter, start.deter)
    assert torch.equal(after.stoch, start.stoch)
    torch.testing.assert_close(after.pose, torch.tensor([[-0.15, 0.15]]).expand(3, -1))
