"""Planning where only the pose moves: latents that are known beforehand change nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.agents.networks import FospNetworks, fingerprint
from fosp_agent.behavior.imagination import stands_still
from fosp_agent.behavior.planning import Courses, Itinerary, Stage, follow
from fosp_agent.behavior.proposals import ActorProposer, CloningProposer, Proposer
from fosp_agent.behavior.still_latents import given_latents, latents_of, without_latents
from fosp_agent.config import load_preset
from fosp_agent.world_model.rssm import State

H, K, A = 5, 3, 6
KINEMATIC = {
    "world_model.direct_pose": True,
    "world_model.imagination": "kinematic",
    "world_model.cloning_scale": 1.0,
}
CAMERA = {"robot.camera": [100.0, 0, 0, 10, 0, 100, 0, 30, 0, 0, 0, 1]}


def make_networks(overrides: dict[str, Any]) -> FospNetworks:
    """Networks whose every output has something to say."""
    torch.manual_seed(0)
    networks = FospNetworks(load_preset("tiny", {**KINEMATIC, **overrides}), expanded=True).eval()
    for module in networks.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.2)
    return networks.requires_grad_(False)


def present(networks: FospNetworks) -> State:
    """Some state with a pose, and a scene where the camera is known: (1, ...)."""
    model = networks.world_model
    scene, pose = None, 0.3 * torch.randn(1, 6)
    if model.encoder.scene_map is not None:
        maps = [torch.randn(1, c, side, side) for c, side in model.encoder.scene_map.shapes]
        scene = model.encoder.scene_map.pack(maps)
    state = State(torch.randn(1, model.rssm.deter_size), torch.rand(1, model.rssm.stoch_size))
    return model.rssm.placed(state._replace(scene=scene), pose)


def courses(stage: Stage, margin: float = 0.0) -> Courses:
    names = ("offline",) * K + ("new",) * K + ("cloning", "plan")
    torch.manual_seed(2)
    itinerary = Itinerary(names, torch.rand(2 * K + 1, A) - 0.5, torch.rand(H, 1, A) - 0.5)
    config = PlanningConfig(
        horizon=H, violation_tail="reachability", margin=margin, violation_limit=1.0
    )
    return follow(stage, config, 0.9, itinerary)


@pytest.mark.parametrize(
    "overrides",
    [
        {},
        CAMERA,
        {**CAMERA, "world_model.cost_head": "twohot"},
        {**CAMERA, "world_model.cost_ensemble": 3, "world_model.cost_pessimism": 1.0},
        {"world_model.cost_ensemble": 2},
    ],
    ids=["no camera", "camera", "sums", "ensemble", "ensemble that sees latents"],
)
def test_every_course_is_judged_as_by_networks_that_see_the_latents(overrides: dict[str, Any]):
    networks = make_networks(overrides)
    state, before = present(networks), fingerprint(networks)
    assert networks.world_model.cloning is not None
    proposers: list[Proposer] = [
        *(ActorProposer(name, actor) for name, actor in networks.policies().items()),
        CloningProposer(networks.world_model.cloning),
    ]

    def policies(known: Tensor | None) -> dict[str, Any]:
        told = proposers if known is None else [p.given(known) for p in proposers]
        return {p.name: lambda x, p=p: p.act(x, greedy=True, generator=None) for p in told}

    assert stands_still(networks.world_model, state)
    known = latents_of(state)
    wanted = courses(Stage(networks, policies(None), state), margin=0.5)
    judges = given_latents(networks, known)
    found = courses(Stage(judges, policies(known), without_latents(state)), margin=0.5)
    for name, one, other in zip(Courses._fields[1:], wanted[1:], found[1:], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, msg=name)
    assert fingerprint(networks) == before
    again = courses(Stage(networks, policies(None), state), margin=0.5)
    assert all(torch.equal(a, b) for a, b in zip(wanted[1:], again[1:], strict=True))


def test_where_latents_move_or_hold_the_pose_nothing_stands_still():
    networks = make_networks({"world_model.imagination": "latent"})
    assert not stands_still(networks.world_model, present(networks))
    networks = make_networks({})
    assert not stands_still(networks.world_model, present(networks)._replace(pose=None))


def test_a_margin_sees_what_stands_beside_the_way_and_nothing_else(monkeypatch):
    """A violation is certain beyond a line; a way along it counts from the margin's distance."""
    networks = make_networks(CAMERA)
    model = networks.world_model
    step = model.rssm.stride
    state = model.rssm.placed(present(networks), torch.zeros(1, 6))
    stage = Stage(networks, {}, state)

    def beyond(axis: int, line: float) -> None:
        def head(x: Tensor) -> Tensor:
            side = math.copysign(1.0, line)
            return (side * x[..., model.rssm.latent_size + axis] > abs(line)).float()

        monkeypatch.setattr(model.cost, "probability", head)
        monkeypatch.setattr(model.cost, "predict", lambda x: (head(x), head(x)))

    def violation(action: list[float], margin: float) -> float:
        written = torch.tensor(action).expand(H, 1, A)
        config = PlanningConfig(horizon=H, margin=margin)
        plan = Itinerary(("plan",), torch.zeros(0, A), written)
        return float(follow(stage, config, 0.9, plan).violation)

    for way, other in ((0, 1), (1, 0)):
        for sign in (1, -1):
            action = [0.0] * A
            action[way] = 0.3 * sign
            for line in (0.7, -0.7):
                beyond(other, line * float(step[other]))
                assert [violation(action, m) for m in (0.0, 0.6, 0.8)] == [0.0, 0.0, 1.0]
                beyond(way, 10 * line * float(step[way]))
                assert violation(action, 5.0) == 0.0
    beyond(1, 0.1 * float(step[1]))
    assert violation([0.0] * A, 5.0) == 0.0  # who stands still goes no way
