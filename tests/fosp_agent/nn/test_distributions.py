"""Two-hot values, categorical latents, bounded Gaussians."""

from __future__ import annotations

import math

import pytest
import torch

from fosp_agent.nn.distributions import (
    BoundedNormal,
    TwoHot,
    categorical_kl,
    sample_one_hot,
    symexp,
    symlog,
    unimix_log_probs,
)

E1, E2 = math.e - 1, math.e**2 - 1
"""The positive bins of TwoHot(5, 2): symexp(1), symexp(2)."""


@pytest.fixture
def values() -> TwoHot:
    return TwoHot(5, 2.0)


def test_symexp_inverts_symlog():
    x = torch.tensor([-300.0, -1.0, 0.0, 1e-3, 7.0])
    torch.testing.assert_close(symexp(symlog(x)), x)
    assert float(symlog(torch.tensor(E1))) == pytest.approx(1.0)


def test_bins_are_symexp_of_an_even_grid_and_exactly_symmetric(values: TwoHot):
    torch.testing.assert_close(values.bins, torch.tensor([-E2, -E1, 0.0, E1, E2]))
    bins = TwoHot(255, 20.0).bins
    assert torch.equal(bins, -bins.flip(0))
    assert bins.dtype == torch.float32


def test_an_even_number_of_bins_is_refused():
    with pytest.raises(ValueError, match="odd"):
        TwoHot(4, 2.0)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, [0, 0, 1, 0, 0]),
        (1.0, [0, 0, 1 - 1 / E1, 1 / E1, 0]),
        (-1.0, [0, 1 / E1, 1 - 1 / E1, 0, 0]),
        (E1, [0, 0, 0, 1, 0]),
        ((E1 + E2) / 2, [0, 0, 0, 0.5, 0.5]),
        (1e6, [0, 0, 0, 0, 1]),
        (-1e6, [1, 0, 0, 0, 0]),
    ],
)
def test_encoding_splits_a_number_between_its_two_neighbours(
    values: TwoHot, number: float, expected: list[float]
):
    encoded = values.encode(torch.tensor(number))
    torch.testing.assert_close(encoded, torch.tensor(expected, dtype=torch.float32))


def test_decoding_an_encoded_number_gives_it_back():
    values = TwoHot(255, 20.0)
    x = torch.tensor([-1000.0, -3.3, -0.01, 0.0, 0.1, 1.0, 26.3, 5000.0])
    encoded = values.encode(x)
    torch.testing.assert_close(encoded.sum(-1), torch.ones_like(x))
    torch.testing.assert_close(values.decode(encoded.log()), x, rtol=1e-4, atol=1e-5)


def test_uniform_odds_decode_to_exactly_zero():
    for bins, limit in ((255, 20.0), (127, 7.0), (41, 5.0)):
        logits = torch.full((3, bins), 0.37)
        assert torch.equal(TwoHot(bins, limit).decode(logits), torch.zeros(3))


def test_decoding_and_loss_are_float32_for_bfloat16_logits(values: TwoHot):
    logits = torch.randn(4, 5).bfloat16()
    assert values.decode(logits).dtype == torch.float32
    torch.testing.assert_close(values.decode(logits), values.decode(logits.float()))
    loss = values.loss(logits, torch.ones(4))
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, values.loss(logits.float(), torch.ones(4)))


def test_loss_is_the_cross_entropy_with_the_encoded_value(values: TwoHot):
    logits, target = torch.randn(6, 5), torch.tensor([-9.0, -1.0, 0.0, 0.4, 2.0, 9.0])
    expected = -(values.encode(target) * torch.log_softmax(logits, -1)).sum(-1)
    torch.testing.assert_close(values.loss(logits, target), expected)


def test_unimix_keeps_a_share_of_the_uniform_distribution():
    log_probs = unimix_log_probs(torch.tensor([[100.0, 0.0, 0.0, 0.0]]), 0.01)
    expected = torch.tensor([[0.9925, 0.0025, 0.0025, 0.0025]])
    torch.testing.assert_close(log_probs.exp(), expected)


def test_a_sample_is_exactly_one_hot_and_follows_the_probabilities():
    probability = torch.tensor([0.7, 0.2, 0.1])
    drawn = sample_one_hot(probability.log().expand(20000, 3))
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(drawn.sum(-1), torch.ones(20000))
    torch.testing.assert_close(drawn.mean(0), probability, atol=0.02, rtol=0)


def test_a_samples_gradient_is_that_of_the_probabilities():
    logits = torch.randn(5, 4, requires_grad=True)
    weight = torch.randn(5, 4)
    through_sample = torch.autograd.grad(
        (weight * sample_one_hot(unimix_log_probs(logits, 0.01))).sum(), logits
    )[0]
    through_odds = torch.autograd.grad(
        (weight * unimix_log_probs(logits, 0.01).exp()).sum(), logits
    )[0]
    assert through_sample.abs().sum() > 0
    torch.testing.assert_close(through_sample, through_odds)


def test_kl_is_summed_over_latents_and_classes():
    p = torch.tensor([[0.5, 0.5], [0.9, 0.1]])
    q = torch.tensor([[0.25, 0.75], [0.5, 0.5]])
    expected = 0.5 * math.log(2) + 0.5 * math.log(2 / 3) + 0.9 * math.log(1.8) + 0.1 * math.log(0.2)
    assert float(categorical_kl(p.log(), q.log())) == pytest.approx(expected, rel=1e-5)


def test_bounded_normal_agrees_with_torch():
    mean, std = torch.tensor([[0.1, -0.4]]), torch.tensor([[0.3, 0.9]])
    action = torch.tensor([[0.5, -1.0]])
    ours, theirs = BoundedNormal(mean, std), torch.distributions.Normal(mean, std)
    torch.testing.assert_close(ours.log_prob(action), theirs.log_prob(action).sum(-1))
    torch.testing.assert_close(ours.entropy(), theirs.entropy().sum(-1))


def test_bounded_normal_keeps_its_mean_spread_and_samples_in_their_bounds():
    output = 50 * torch.randn(500, 4)
    policy = BoundedNormal.from_output(output, 0.1, 1.0)
    assert policy.mean.abs().max() <= 1
    assert 0.1 <= policy.std.min() <= policy.std.max() <= 1.0
    assert policy.sample().abs().max() <= 1


def test_a_generator_decides_a_sample():
    policy = BoundedNormal(torch.zeros(3, 2), torch.ones(3, 2))
    first = policy.sample(torch.Generator().manual_seed(3))
    torch.manual_seed(99)
    assert torch.equal(first, policy.sample(torch.Generator().manual_seed(3)))
