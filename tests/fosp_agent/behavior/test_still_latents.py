"""Planning where only the pose moves: latents that are known beforehand change nothing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from fosp_agent.acting_config import PlanningConfig
from fosp_agent.agents.networks import FospNetworks, fingerprint
from fosp_agent.behavior.planning import Courses, Itinerary, Stage, follow
from fosp_agent.behavior.proposals import ActorProposer, CloningProposer, Proposer
from fosp_agent.behavior.still_latents import (
    given_latents,
    latents_of,
    stands_still,
    without_latents,
)
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


def courses(stage: Stage) -> Courses:
    names = ("offline",) * K + ("new",) * K + ("cloning", "plan")
    torch.manual_seed(2)
    itinerary = Itinerary(names, torch.rand(2 * K + 1, A) - 0.5, torch.rand(H, 1, A) - 0.5)
    config = PlanningConfig(horizon=H, violation_tail="reachability")
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
    wanted = courses(Stage(networks, policies(None), state))
    judges = given_latents(networks, known)
    found = courses(Stage(judges, policies(known), without_latents(state)))
    for name, one, other in zip(Courses._fields[1:], wanted[1:], found[1:], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, msg=name)
    assert fingerprint(networks) == before
    again = courses(Stage(networks, policies(None), state))
    assert all(torch.equal(a, b) for a, b in zip(wanted[1:], again[1:], strict=True))


def test_where_latents_move_or_hold_the_pose_nothing_stands_still():
    networks = make_networks({"world_model.imagination": "latent"})
    assert not stands_still(networks.world_model, present(networks))
    networks = make_networks({})
    assert not stands_still(networks.world_model, present(networks)._replace(pose=None))
