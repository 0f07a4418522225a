"""Augmented Lagrangian: golden numbers of eq. 17 and 27."""

from __future__ import annotations

import pytest
import torch

from fosp_agent.behavior.lagrangian import AugmentedLagrangian
from fosp_agent.behavior_config import LagrangianConfig


def lagrangian(**changes: float | bool) -> AugmentedLagrangian:
    values: dict[str, float | bool] = {"multiplier": 0.5, "penalty": 2.0, "penalty_growth": 0.1}
    return AugmentedLagrangian(LagrangianConfig(**(values | changes)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("violation", "phi"),
    [
        (3.0, 0.5 * 3 + 2 / 4 * 9),  # lambda V + mu / 4 V^2
        (0.0, 0.0),
        (-0.5, -0.25 + 0.125),  # the border, where both branches meet
        (-2.0, -0.125),  # -lambda^2 / mu
    ],
)
def test_phi_has_both_branches_of_the_paper(violation: float, phi: float):
    assert lagrangian().term(torch.tensor(violation)).item() == pytest.approx(phi)


@pytest.mark.parametrize(("violation", "slope"), [(3.0, 0.5 + 3.0), (-2.0, 0.0)])
def test_the_slope_of_phi_is_the_price_of_cost(violation: float, slope: float):
    x = torch.tensor(violation, requires_grad=True)
    assert torch.autograd.grad(lagrangian().term(x), x)[0].item() == pytest.approx(slope)


def test_phi_keeps_the_multiplier_that_it_was_made_with():
    term, x = lagrangian(), torch.tensor(3.0, requires_grad=True)
    phi = term.term(x)
    term.update(torch.tensor(100.0))
    assert torch.autograd.grad(phi, x)[0].item() == pytest.approx(3.5)


@pytest.mark.parametrize(("violation", "multiplier"), [(3.0, 3.5), (-0.2, 0.3), (-2.0, 0.0)])
def test_the_multiplier_moves_with_the_violation_and_stays_positive(
    violation: float, multiplier: float
):
    term = lagrangian()
    term.update(torch.tensor(violation))
    assert term.multiplier.item() == pytest.approx(multiplier)
    assert term.penalty.item() == pytest.approx(2.2)


def test_a_growth_as_small_as_the_papers_adds_up():
    term = lagrangian(penalty=1e-6, penalty_growth=5e-9)
    for _ in range(1000):
        term.update(torch.tensor(0.0))
    assert term.penalty.item() / 1e-6 - 1 == pytest.approx(1000 * 5e-9, rel=1e-3)


def test_the_multiplier_stays_below_its_limit():
    term = lagrangian(multiplier_limit=1.0)
    for _ in range(3):
        term.update(torch.tensor(50.0))
    assert term.multiplier.item() == 1.0


def test_switched_off_it_costs_nothing():
    x = torch.tensor(3.0, requires_grad=True)
    assert lagrangian(enabled=False).term(x).item() == 0.0


def test_the_constraint_is_the_excess_over_the_limit_in_units_of_its_scale():
    scale = torch.tensor(4.0)
    assert lagrangian(cost_limit=1.0).constraint(torch.tensor(3.0), scale).item() == 0.5
    plain = lagrangian(cost_limit=1.0, normalize=False)
    assert plain.constraint(torch.tensor(3.0), scale).item() == 2.0


def test_multiplier_and_penalty_are_saved():
    one, other = lagrangian(), lagrangian()
    one.update(torch.tensor(3.0))
    other.load_state_dict(one.state_dict())
    assert other.multiplier.item() == pytest.approx(3.5)
    assert other.penalty.item() == pytest.approx(2.2)
