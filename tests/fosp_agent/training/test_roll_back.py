"""Back to earlier weights: a new version, which learns on."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.lessons import UPDATES, everything, full_disk, ignore
from fosp_agent.agents.networks import fingerprint
from fosp_agent.training import finetune as finetune_module
from fosp_agent.training.finetune import Finetuner, LearnError
from fosp_agent.training.weights import WeightsError, load_weights


def test_a_full_disk_fails_a_roll_back_and_nothing_else(
    tuner: Finetuner, record, monkeypatch: pytest.MonkeyPatch
):
    tuner.learn(record(1), ignore)
    before = everything(tuner)
    with monkeypatch.context() as patch:
        patch.setattr(finetune_module, "save_checkpoint", full_disk)
        with pytest.raises(LearnError, match="weights 1 stay: .*No space left"):
            tuner.return_to()
    assert everything(tuner) == before
    assert tuner.return_to().version == 2


def test_a_roll_back_is_a_new_version_with_the_bytes_of_the_old(tuner: Finetuner, record):
    wanted = fingerprint(load_weights(tuner.learn(record(1), ignore).path).networks)
    tuner.learn(record(2), ignore)
    info = tuner.return_to()
    assert info.version == 3
    assert info.updates == UPDATES
    assert info.episode_id == "three_obstacles-2-0001"
    assert fingerprint(load_weights(info.path).networks) == wanted
    assert fingerprint(tuner._agent.networks) == wanted
    assert tuner.learn(record(3), ignore).version == 4


def test_a_second_roll_back_goes_further_back_and_not_forth(tuner: Finetuner, record):
    first = fingerprint(load_weights(tuner.announce().path).networks)
    tuner.learn(record(1), ignore)
    tuner.learn(record(2), ignore)
    tuner.return_to()
    info = tuner.return_to()
    assert info.version == 4
    assert fingerprint(load_weights(info.path).networks) == first
    with pytest.raises(WeightsError, match="none to go back to"):
        tuner.return_to()


def test_a_roll_back_outlives_the_process(tuner: Finetuner, run_dir: Path, record):
    tuner.learn(record(1), ignore)
    tuner.return_to()
    resumed = Finetuner.resume(run_dir)
    assert everything(resumed) == everything(tuner)
    with pytest.raises(WeightsError, match="none to go back to"):
        resumed.return_to()


def test_a_roll_back_to_no_version_changes_nothing(tuner: Finetuner, record):
    tuner.learn(record(1), ignore)
    before = everything(tuner)
    with pytest.raises(WeightsError, match="no such weights file"):
        tuner.return_to(77)
    assert everything(tuner) == before
