"""Cost heads that disagree where the data say nothing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fosp_agent.settings import ConfigError
from fosp_agent.world_model.cost_ensemble import (
    SHARE,
    EnsembleCost,
    bootstrap_mask,
    cost_head,
)
from fosp_agent.world_model.heads import BernoulliCost
from fosp_agent.world_model.world_model import WorldModel


def ensemble(make_config, members: int = 3, **settings: float) -> EnsembleCost:
    overrides = {"world_model.cost_ensemble": members}
    overrides |= {f"world_model.{name}": value for name, value in settings.items()}
    head = cost_head(9, make_config(overrides).world_model)
    assert isinstance(head, EnsembleCost)
    return head


def saying(head: EnsembleCost, probabilities: list[float]) -> EnsembleCost:
    """Each member says its probability whatever it is shown."""
    for member, probability in zip(head.members(), probabilities, strict=True):
        nn.init.zeros_(member.mlp.output.weight)
        member.mlp.output.bias.data.fill_(torch.logit(torch.tensor(probability)).item())
    return head


def test_one_member_is_the_plain_head_with_the_same_weights_and_names(make_config):
    torch.manual_seed(5)
    plain = WorldModel(make_config())
    torch.manual_seed(5)
    one = WorldModel(make_config({"world_model.cost_ensemble": 1}))
    assert isinstance(one.cost, BernoulliCost)
    assert plain.state_dict().keys() == one.state_dict().keys()
    assert all(torch.equal(a, b) for a, b in zip(plain.parameters(), one.parameters(), strict=True))


@pytest.mark.parametrize(("pessimism", "expected"), [(0.0, 0.5), (1.0, 0.8), (4.0, 1.0)])
def test_a_prediction_is_mean_plus_k_deviations_and_a_probability(
    make_config, pessimism: float, expected: float
):
    head = saying(ensemble(make_config, 2, cost_pessimism=pessimism), [0.2, 0.8])
    features = torch.randn(4, 9)
    torch.testing.assert_close(head.probability(features), torch.full((4,), expected))
    torch.testing.assert_close(head.disagreement(features), torch.full((4,), 0.3))


def test_members_begin_with_weights_of_their_own(make_config):
    head = ensemble(make_config)
    features = torch.randn(5, 9)
    assert (head.disagreement(features) > 1e-3).all()


def test_a_member_never_learns_from_the_episodes_it_is_blind_to(make_config):
    head = ensemble(make_config, 4)
    episodes = torch.arange(40)
    mask = bootstrap_mask(episodes, 4)
    features, cost = torch.randn(40, 6, 9), torch.ones(40, 6)
    head.loss(features, cost, episodes).sum().backward()
    before = [member.mlp.output.bias.grad.clone() for member in head.members()]
    head.zero_grad()
    head.loss(features, cost, episodes)[mask[2] == 0].sum().backward()
    assert not head.members()[2].mlp.output.bias.grad.abs().any()
    assert all(gradient.abs().any() for gradient in before)


def test_the_mask_depends_on_episode_and_member_alone():
    episodes = torch.arange(2000)
    mask = bootstrap_mask(episodes, 5)
    assert torch.equal(mask[:, 700:710], bootstrap_mask(torch.arange(700, 710), 5))
    assert mask.mean(1).tolist() == pytest.approx([SHARE] * 5, abs=0.03)
    correlation = torch.corrcoef(mask) - torch.eye(5)
    assert correlation.abs().max() < 0.08


def test_the_ensembles_loss_has_the_scale_of_a_single_head(make_config):
    head = saying(ensemble(make_config, 3), [0.4] * 3)
    features, cost = torch.randn(3000, 1, 9), torch.zeros(3000, 1)
    single = head.members()[0].loss(features, cost).mean()
    torch.testing.assert_close(
        head.loss(features, cost, torch.arange(3000)).mean(), single, rtol=0.03, atol=0
    )
    torch.testing.assert_close(head.eval().loss(features, cost, torch.arange(3000)).mean(), single)


def test_less_than_one_head_is_refused(make_config):
    with pytest.raises(ConfigError, match=r"cost_ensemble is 0; give 1 \(one head\) or more"):
        ensemble(make_config, 0)
