"""The search finds what no policy proposed."""

from __future__ import annotations

import torch
from torch import Tensor

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.behavior.planning import Courses
from fosp_agent.behavior.search import search

H, A = 3, 2
GOAL = torch.tensor([0.6, -0.4])
CONFIG = PlanningConfig(horizon=H, iterations=6, samples=64, elites=8)


def follow(written: Tensor) -> Courses:
    """The nearer to the goal the better; whoever goes right beyond 0.8 violates."""
    count = written.shape[1]
    zeros = torch.zeros(count)
    reward = -(written - GOAL).norm(dim=-1).sum(0)
    violation = (written[..., 0] > 0.8).any(0).float()
    return Courses(("x",) * count, written, zeros, zeros, reward, zeros, violation, zeros)


def score(courses: Courses) -> Tensor:
    return courses.reward


def run(begin: Courses, seed: int = 0) -> Courses:
    return search(begin, follow, score, CONFIG, torch.Generator().manual_seed(seed))


def test_rounds_approach_the_best_sequence():
    begin = follow(torch.zeros(H, 4, A))
    found = run(begin)
    assert found.policies == ("search",) * CONFIG.elites
    assert found.reward.max() > begin.reward.max() + 1.0
    assert (found.action[:, 0] - GOAL).norm(dim=-1).max() < 0.3


def test_violating_sequences_are_no_elites_while_there_are_others():
    begin = follow(torch.full((H, 10, A), 0.75))
    assert not run(begin).violation.any()


def test_where_all_violate_the_least_violating_are_the_elites():
    begin = follow(torch.zeros(H, 3, A))._replace(violation=torch.tensor([0.9, 0.7, 0.8]))
    config = PlanningConfig(horizon=H, iterations=0, elites=1)
    found = search(begin, follow, score, config)
    assert torch.equal(found.violation, torch.tensor([0.7]))


def test_a_seed_decides_the_search():
    begin = follow(torch.zeros(H, 4, A))
    torch.testing.assert_close(run(begin, 1).action, run(begin, 1).action)
    assert not torch.equal(run(begin, 1).action, run(begin, 2).action)
