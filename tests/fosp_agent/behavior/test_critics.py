"""Critics: expectiles, weights, slow copies."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from fosp_agent.behavior.critics import (
    CriticPair,
    Samples,
    expectile_weight,
    q_loss,
    v_loss,
    weighted_mean,
)

SIZE = 4


@pytest.fixture
def pair(make_config) -> CriticPair:
    return CriticPair(SIZE, make_config())


def samples(target: list[float], weight: list[float] | None = None) -> Samples:
    """The same state each time; the action says which one it is."""
    count = len(target)
    action = torch.linspace(-1, 1, count).unsqueeze(-1).expand(count, 6)
    weights = torch.ones(count) if weight is None else torch.tensor(weight)
    return Samples(torch.ones(count, SIZE), action, torch.tensor(target), weights)


def test_the_expectile_weight_is_large_where_q_is_above_v():
    weight = expectile_weight(torch.tensor([1.0, -1.0]), 0.8)
    torch.testing.assert_close(weight, torch.tensor([0.8, 0.2]))


@pytest.mark.parametrize("slow_target", [True, False])
@pytest.mark.parametrize("kappa", [0.8, 0.2])
def test_v_settles_at_the_expectile_of_a_coin(pair: CriticPair, kappa: float, slow_target: bool):
    def coin(_features: Tensor, action: Tensor) -> Tensor:
        return (action[..., 0] > 0).float()

    pair.slow_action_value = pair.action_value = coin  # type: ignore[method-assign]
    data = samples([0.0, 1.0])
    adam = torch.optim.Adam(pair.v.parameters(), lr=0.02)
    for _ in range(200):
        adam.zero_grad()
        v_loss(pair, data, kappa, slow_target).backward()
        adam.step()
    assert pair.v(data.features)[0].item() == pytest.approx(kappa, abs=0.03)


def test_what_v_regresses_on_is_a_switch(pair: CriticPair):
    def constant(value: float) -> Callable[[Tensor, Tensor], Tensor]:
        return lambda features, _action: torch.full(features.shape[:-1], value)

    pair.slow_action_value, pair.action_value = constant(0.0), constant(5.0)  # type: ignore[method-assign]
    data = samples([0.0, 1.0])
    torch.testing.assert_close(
        v_loss(pair, data, 0.8, slow_target=True),
        0.2 * pair.v.values.loss(pair.v.logits(data.features), torch.zeros(2)).mean(),
    )
    torch.testing.assert_close(
        v_loss(pair, data, 0.8, slow_target=False),
        0.8 * pair.v.values.loss(pair.v.logits(data.features), torch.full((2,), 5.0)).mean(),
    )


def test_v_does_not_teach_q(pair: CriticPair):
    v_loss(pair, samples([0.0, 1.0]), 0.8, slow_target=False).backward()
    assert all(p.grad is None for p in pair.q.parameters())


def test_q_settles_at_the_mean_of_its_targets(pair: CriticPair):
    data = samples([0.0, 1.0])._replace(action=torch.zeros(2, 6))
    adam = torch.optim.Adam(pair.q.parameters(), lr=0.02)
    for _ in range(150):
        adam.zero_grad()
        q_loss(pair, data).backward()
        adam.step()
    q = pair.action_value(data.features, data.action)
    assert q[0].item() == pytest.approx(0.5, abs=0.03)


def test_a_pair_without_weight_does_not_count(pair: CriticPair):
    whole = q_loss(pair, samples([0.0, 1.0], [1.0, 0.0]))
    changed = q_loss(pair, samples([0.0, 55.0], [1.0, 0.0]))
    torch.testing.assert_close(whole, changed)
    assert weighted_mean(torch.ones(2), torch.zeros(2)).item() == 0
    assert weighted_mean(torch.tensor([1.0, 3.0, 9.0]), torch.tensor([1.0, 1.0, 0.0])).item() == 2


def test_the_slow_copy_is_exact_at_first_and_shares_no_storage(pair: CriticPair):
    fast, slow = pair.q.state_dict(), pair.slow_q.state_dict()
    assert all(torch.equal(fast[name], slow[name]) for name in fast)
    assert not {t.data_ptr() for t in pair.q.parameters()} & {
        t.data_ptr() for t in pair.slow_q.parameters()
    }
    assert not any(p.requires_grad for p in pair.slow_q.parameters())


def test_the_slow_copy_follows_by_its_rate(pair: CriticPair):
    torch.nn.init.ones_(pair.q.mlp.output.weight)
    pair.update_slow(0.02)
    torch.testing.assert_close(
        pair.slow_q.mlp.output.weight, torch.full_like(pair.q.mlp.output.weight, 0.02)
    )


def test_the_slow_copy_is_saved_and_restored(pair: CriticPair, make_config):
    torch.nn.init.normal_(pair.slow_q.mlp.output.weight)
    other = CriticPair(SIZE, make_config())
    other.load_state_dict(pair.state_dict())
    assert torch.equal(other.slow_q.mlp.output.weight, pair.slow_q.mlp.output.weight)
    assert not torch.equal(other.slow_q.mlp.output.weight, other.q.mlp.output.weight)


def test_the_pull_towards_the_slow_copy_is_a_switch(pair: CriticPair):
    torch.nn.init.normal_(pair.slow_q.mlp.output.weight)
    data = samples([0.0, 1.0])
    assert q_loss(pair, data, 1.0) > q_loss(pair, data, 0.0)


def test_a_blind_critic_does_not_see_the_last_features_but_sees_the_action(make_config):
    pair = CriticPair(8, make_config(), blind=3)
    for network in (pair.q, pair.v):
        torch.nn.init.normal_(network.mlp.output.weight)
    features, action = torch.randn(4, 8), torch.randn(4, 6)
    hidden, seen = features.clone(), features.clone()
    hidden[:, 5:] += 1
    seen[:, :5] += 1
    assert torch.equal(pair.v(features), pair.v(hidden))
    assert torch.equal(pair.action_value(features, action), pair.action_value(hidden, action))
    assert not torch.equal(pair.v(features), pair.v(seen))
    assert not torch.equal(pair.action_value(features, action), pair.action_value(seen, action))
    other = pair.action_value(features, action + 1)
    assert not torch.equal(pair.action_value(features, action), other)
