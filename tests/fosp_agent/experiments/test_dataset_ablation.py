"""Figure 6's parts of the dataset: sizes, ratios, and which episodes."""

from __future__ import annotations

from itertools import pairwise

import pytest

from fosp_agent.episodes.check import KINDS, PAPER_MIX, kind_of
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.experiments.dataset_ablation import DatasetAblationPlan, ablation_units
from fosp_agent.experiments.protocol import PlanError
from fosp_agent.experiments.subset import SubsetError, choose, part_of

KINDS_OF_200 = {f"{kind}-{n}": kind for kind, count in PAPER_MIX.items() for n in range(count)}


def test_parts_have_the_size_and_the_ratio_that_their_names_say():
    parts = DatasetAblationPlan().parts()
    for name, part in parts.items():
        safe = part.get("safe_success", 0) + part.get("safe_failure", 0)
        unsafe = part.get("unsafe_success", 0) + part.get("unsafe_failure", 0)
        kind, *numbers = name.split("-")
        if kind == "size":
            assert safe + unsafe == int(numbers[0])
        else:
            assert safe + unsafe == 50
            first, second = map(int, numbers)
            assert safe == pytest.approx(50 * first / (first + second), abs=0.5)
    assert parts["size-200"] == PAPER_MIX


def test_every_default_part_can_be_taken_from_the_papers_200_demonstrations():
    for part in DatasetAblationPlan().parts().values():
        assert len(choose(KINDS_OF_200, part)) == sum(part.values())


def test_a_smaller_part_is_inside_a_larger_one():
    parts = DatasetAblationPlan().parts()
    chosen = [set(choose(KINDS_OF_200, parts[f"size-{n:03d}"])) for n in (25, 50, 100, 200)]
    assert all(small < large for small, large in pairwise(chosen))


def test_too_few_episodes_of_a_kind_are_said_with_the_remedy():
    with pytest.raises(SubsetError, match=r"51 episodes of kind unsafe_success.*has 40"):
        choose(KINDS_OF_200, {"unsafe_success": 51})


def test_a_ratio_that_is_none_is_refused():
    for ratio in ("3", "a:b", "0:0"):
        with pytest.raises(PlanError, match="safe:unsafe"):
            DatasetAblationPlan(ratios=(ratio,)).parts()


def test_a_part_is_a_dataset_of_the_chosen_episodes_with_their_labels(tmp_path, dataset):
    whole = EpisodeStore(dataset, create=False)
    kinds = {i: kind_of(whole.load(i)) for i in whole.ids()}
    kind = next(k for k in KINDS if k in kinds.values())
    for _ in range(2):  # made anew after a kill
        part = EpisodeStore(part_of(dataset, {kind: 1}, tmp_path / "part"), create=False)
    (only,) = part.ids()
    assert kinds[only] == kind
    assert part.load(only).labelled


def test_each_part_is_pretrained_on_once_and_tested():
    units = ablation_units(DatasetAblationPlan(preset="tiny", modes=("sample", "greedy")))
    pretrainings = [u for u in units if u.kind == "pretrain"]
    assert len(pretrainings) == len(DatasetAblationPlan().parts())
    assert len(units) == 3 * len(pretrainings)
