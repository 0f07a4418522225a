"""A NaN stops training, is named, and leaves everything that is needed to look into it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from fosp_agent.agents.fosp import Fosp
from fosp_agent.agents.networks import fingerprint
from fosp_agent.agents.registry import make_agent
from fosp_agent.nn.optim import NonFiniteLoss
from fosp_agent.training.failure import TrainingFailed, guarded_step
from fosp_agent.training.finetune import Finetuner, LearnError
from fosp_agent.training.pretrain import Pretrainer
from fosp_agent.training.pretrain_plan import PretrainPlan
from fosp_agent.training.weights import load_weights


def poisoned(batch, name: str):
    values = getattr(batch, name).copy()
    values[1, 2] = np.nan
    return dataclasses.replace(batch, **{name: values})


@pytest.mark.parametrize(("label", "term"), [("reward", "reward"), ("cost", "cost")])
def test_a_poisoned_label_names_its_loss_term_and_dumps_the_step(
    make_config, make_batch, tmp_path: Path, label: str, term: str
):
    agent = Fosp(make_config())
    batch = poisoned(make_batch(), label)
    before = fingerprint(agent.networks)
    with pytest.raises(TrainingFailed, match=f"world model is not finite: {term};") as caught:
        guarded_step(agent, batch, tmp_path)
    assert fingerprint(agent.networks) == before
    folder = tmp_path / "failures" / "step-000000"
    assert str(folder) in str(caught.value)
    with np.load(folder / "batch.npz") as dumped:
        for name in ("image", "pose", "action", "reward", "cost", "is_first", "is_terminal"):
            np.testing.assert_array_equal(dumped[name], getattr(batch, name))
    states = load_file(folder / "states.safetensors")
    assert states["state.deter"].shape == (3, 5, 16)
    assert torch.isfinite(states["state.stoch"]).all()
    assert torch.isnan(states[f"loss.{term}"]).sum() == 1
    facts = json.loads((folder / "failure.json").read_text())
    assert facts["terms"] == [term]
    assert facts["labels_not_finite"] == [label]
    agent.load_state_dict(torch.load(folder / "agent.pt", weights_only=True))


def test_a_term_of_the_behaviour_is_named_too(make_config, make_batch, tmp_path: Path):
    agent = Fosp(make_config())
    agent.networks.lagrangian.multiplier.fill_(float("inf"))
    with pytest.raises(TrainingFailed, match="actor is not finite: .*lagrangian/penalty"):
        guarded_step(agent, make_batch(), tmp_path)


POLICIES = ("actor", "recovery")
CULPRITS = [
    ("fosp", "reward_critic.v", "critics", "critic/reward"),
    ("fosp", "reachability", "reachability", "reachability/real"),
    ("safedreamer", "lagrangian", "actor", "lagrangian/penalty"),
    ("safedreamer", "cost_value.v", "critics", "critic/cost_v"),
    ("dreamerv3", "reward_value.v", "critics", "critic/reward_v"),
    ("dreamerv3", "ensemble", "ensemble", "loss/ensemble"),
    ("recovery_rl", "reward_value.v", "critics", "critic/reward_v"),
    ("recovery_rl", "risk", "risk", "risk/real"),
    ("recovery_rl", "recovery", "recovery", "recovery/risk"),
]


@pytest.mark.parametrize(("name", "module", "part", "term"), CULPRITS)
def test_each_agent_names_the_term_of_its_behaviour(
    make_config, make_batch, monkeypatch, name: str, module: str, part: str, term: str
):
    """One network breaks, after the policies' step where they see it too."""
    agent = make_agent(make_config({"agent": name}))

    def spoil() -> None:
        broken = agent.networks.get_submodule(module)
        with torch.no_grad():
            for value in (*broken.parameters(), *broken.buffers()):
                value.fill_(float("nan"))

    if part in POLICIES:
        spoil()
    else:
        last = [o for k, o in agent.optimizers.items() if k in POLICIES][-1]
        step = last.step
        monkeypatch.setattr(last, "step", lambda *given: (step(*given), spoil())[0])
    with pytest.raises(NonFiniteLoss, match=f"{part} is not finite: .*{term}"):
        agent.train_step(make_batch())


def test_pretraining_stops_at_a_nan_and_keeps_its_last_checkpoint(
    make_config, dataset: Path, tmp_path: Path, monkeypatch
):
    where = PretrainPlan(dataset, tmp_path / "run", 5, 0, held_out=0.0, checkpoint_every=2)
    run = Pretrainer.open(where, make_config(), resume=False)
    draw, drawn = run.sampler.sample, []

    def sample():
        drawn.append(draw())
        return poisoned(drawn[-1], "cost") if len(drawn) == 4 else drawn[-1]

    monkeypatch.setattr(run.sampler, "sample", sample)
    with pytest.raises(TrainingFailed, match="step-000003"):
        run.train(lambda *_: None)
    assert len(drawn) == 4
    assert torch.isfinite(
        load_weights(tmp_path / "run/weights.safetensors").networks.state_dict()[
            "offline.mlp.output.weight"
        ]
    ).all()
    assert Pretrainer.open(where, make_config(), resume=True).done == 2


def test_a_lesson_that_comes_to_a_nan_says_where_its_dump_lies(
    weights: Path, tmp_path: Path, make_episode, monkeypatch
):
    tuner = Finetuner.start(tmp_path / "run", weights, None, 2, 0)
    draw = tuner._sampler.sample
    monkeypatch.setattr(tuner._sampler, "sample", lambda: poisoned(draw(), "cost"))
    with pytest.raises(LearnError, match=r"not learned from: .*cost.* are in .*failures"):
        tuner.learn(make_episode("trial-1-0001"), lambda *_: None)
    monkeypatch.undo()
    assert tuner.learn(make_episode("trial-1-0001"), lambda *_: None).version == 1
