"""The unit that pretrains: on all, on a part, or with weights that are there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fosp_agent.config import load_preset
from fosp_agent.experiments.unit import Unit
from fosp_agent.experiments.work_pretrain import run_pretraining
from fosp_agent.training.weights import WeightsError, fresh, load_weights

SMALL = {"training.batch_size": 2, "training.batch_length": 5, "training.horizon": 2}


def unit(dataset: Path, **settings: Any) -> Unit:
    config = load_preset("tiny", SMALL).to_dict()
    common = {"dataset": str(dataset), "seed": 0, "steps": 2, "weights": "last"}
    return Unit("pretrain/fosp/seed0", "pretrain", common | settings, config=config)


def silent(_done: int, _total: int, _what: str) -> None:
    pass


def test_a_pretraining_leaves_weights_of_so_many_steps(tmp_path: Path, dataset: Path):
    one = unit(dataset)
    found = run_pretraining(tmp_path, one, silent).result
    assert (found["steps"], found["episodes"]) == (2, 5)  # one is held out
    weights = load_weights(one.folder(tmp_path) / found["weights"])
    assert weights.info.sha256 == found["sha256"]
    again = run_pretraining(tmp_path, one, silent).result
    assert again == found


def test_weights_from_elsewhere_are_taken_as_they_are(tmp_path: Path, dataset: Path):
    source = tmp_path / "elsewhere.safetensors"
    given = fresh("tiny", source)
    one = unit(dataset, adopted=str(source))
    found = run_pretraining(tmp_path, one, silent).result
    assert found["sha256"] == given.sha256
    assert (one.folder(tmp_path) / found["weights"]).read_bytes() == source.read_bytes()


def test_weights_of_another_preset_are_refused_by_name(tmp_path: Path, dataset: Path):
    source = tmp_path / "elsewhere.safetensors"
    fresh("small", source)
    with pytest.raises(WeightsError, match=r"elsewhere.*does not fit.*give the --preset"):
        run_pretraining(tmp_path, unit(dataset, adopted=str(source)), silent)
