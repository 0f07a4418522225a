"""Recovery RL: the recovery policy acts exactly where the task policy would risk too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from fakes.imagining import gradient, imagined, make_loud, see
from fosp_agent.agents import recovery_rl
from fosp_agent.agents.acting import Proposals
from fosp_agent.agents.recovery_rl import RecoveryRL
from fosp_agent.behavior.risk import RiskCritic, risk_target
from fosp_agent.control.policy_runner import PolicyRunner
from fosp_agent.training.weights import save_weights


@pytest.fixture
def make(make_config) -> Any:
    def build(settings: dict[str, Any] | None = None) -> RecoveryRL:
        torch.manual_seed(1)
        agent = RecoveryRL(make_config({"agent": "recovery_rl"} | (settings or {})))
        make_loud(agent.networks.reward_value.v, agent.networks.world_model.reward)
        return agent

    return build


@pytest.mark.parametrize(
    ("risk", "acting"), [(0.0, "task"), (0.299, "task"), (0.301, "recovery"), (1.0, "recovery")]
)
def test_the_recovery_policy_acts_exactly_where_the_risk_exceeds_the_threshold(
    make, monkeypatch, risk: float, acting: str
):
    nets = make({"recovery_rl.threshold": 0.3}).networks
    monkeypatch.setattr(RiskCritic, "forward", lambda *_: torch.tensor([risk, 0.9]))
    proposals = Proposals(
        torch.randn(1, nets.feature_size), ("task", "recovery"), torch.zeros(2, 6)
    )
    for greedy in (False, True):
        judged = nets.judge(proposals, greedy=greedy)
        assert proposals.policies[judged.index] == acting
        assert judged.probability[judged.index] == 1
        assert judged.feasibility == pytest.approx(1 - risk)
        assert judged.q_cost.tolist() == pytest.approx([risk, 0.9])


def test_the_runner_executes_the_action_whose_risk_was_weighed(make, make_batch, tmp_path: Path):
    agent, batch, acted = make(), make_batch(1, 12), set()
    torch.nn.init.normal_(agent.networks.risk.mlp.output.weight, std=3.0)
    path = tmp_path / "weights.safetensors"
    save_weights(path, agent.networks, version=1)
    runner = PolicyRunner.from_file(path, seed=1)
    for t in range(12):
        decision = runner.act(batch.image[0, t], batch.pose[0, t], batch.action[0, t])
        task, recovery = decision.candidates
        assert (task.policy, recovery.policy) == ("task", "recovery")
        too_risky = task.q_c > agent.config.recovery_rl.threshold
        assert np.array_equal(decision.action, (recovery if too_risky else task).action)
        acted.add(decision.candidates[decision.chosen].policy)
    assert acted == {"task", "recovery"}


def test_the_target_is_the_violation_or_the_discounted_risk_of_what_follows():
    found = risk_target(
        torch.tensor([1.0, 0.0, 0.5, 0.0]),
        torch.tensor([0.7, 0.7, 0.7, 0.7]),
        torch.tensor([1.0, 1.0, 1.0, 0.0]),
        0.9,
    )
    torch.testing.assert_close(found, torch.tensor([1.0, 0.63, 0.815, 0.0]))


def test_risk_learns_the_next_steps_label_of_its_own_row(make, make_batch, monkeypatch):
    agent = make({"recovery_rl.gamma": 0.0})
    cost = np.zeros((3, 5), np.float32)
    cost[1, 3] = cost[0, 0] = 1.0
    first = np.zeros((3, 5), np.bool_)
    first[:, 0] = first[2, 2] = True
    seen: list[tuple[Tensor, Tensor]] = []
    original = recovery_rl.risk_loss

    def spy(critic: Any, features: Any, action: Any, target: Tensor, weight: Tensor) -> Tensor:
        seen.append((target, weight))
        return original(critic, features, action, target, weight)

    monkeypatch.setattr(recovery_rl, "risk_loss", spy)
    posterior, data = see(agent, make_batch(cost=cost, is_first=first))
    agent._learn_risk(posterior, data, agent._imagine(posterior, data).detached())
    (target, weight), (dreamt, _) = seen
    assert target.tolist() == [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert weight.tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 0, 1, 1]]
    assert dreamt.min() >= 0
    assert dreamt.max() <= 1


def test_what_follows_is_judged_by_what_both_policies_would_do(make, monkeypatch):
    nets = make({"recovery_rl.threshold": 0.5}).networks
    features = torch.randn(4, nets.feature_size)
    task, recovery = torch.full((4, 6), -0.5), torch.full((4, 6), 0.5)
    risk = torch.tensor([0.1, 0.9, 0.5, 0.6])
    monkeypatch.setattr(RiskCritic, "forward", lambda *_: risk)
    found = nets.safer(features, task, recovery)
    assert found[:, 0].tolist() == [-0.5, 0.5, -0.5, 0.5]


def test_the_recovery_policy_learns_to_lower_the_risk_and_the_task_policy_does_not(
    make, make_batch
):
    agent = make({"actor.entropy": 0.0})
    nets = agent.networks
    torch.nn.init.normal_(nets.risk.mlp.output.weight, std=1.0)
    rollout = imagined(agent, make_batch())

    def loss() -> Tensor:
        torch.manual_seed(5)
        return agent._recovery_loss(rollout)[0]

    assert not gradient(agent, loss, list(nets.task.parameters())).any()
    assert gradient(agent, loss, list(nets.recovery.parameters())).any()
    adam, risks = torch.optim.Adam(nets.recovery.parameters(), lr=0.01), []
    for _ in range(40):
        value = loss()
        adam.zero_grad()
        value.backward()
        adam.step()
        risks.append(value.item())
    assert risks[-1] < 0.8 * risks[0]


def test_the_task_policy_follows_reward_through_the_dynamics_and_knows_no_risk(make, make_batch):
    agent = make({"actor.entropy": 0.0})
    task = list(agent.networks.task.parameters())

    def loss() -> Tensor:
        nets = agent.networks
        rollout = imagined(agent, make_batch())
        return agent._follow_reward(nets.reward_value, nets.reward_range, rollout)[0]

    one = gradient(agent, loss, task)
    torch.nn.init.normal_(agent.networks.risk.mlp.output.weight, std=3.0)
    assert one.any()
    assert torch.equal(one, gradient(agent, loss, task))
