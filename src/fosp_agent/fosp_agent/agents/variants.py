"""What experiments compare, by name: FOSP, its ablations (Figure 4), and other agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fosp_agent.config import AgentConfig, load_preset
from fosp_agent.named_settings import AS_PRINTED, PLANNED
from fosp_agent.settings import ConfigError


@dataclass(frozen=True)
class Variant:
    """An agent and the settings that make it up, over any preset."""

    description: str
    agent: str = "fosp"
    settings: Mapping[str, Any] = field(default_factory=dict)
    ablation: bool = False
    """Whether it is FOSP without one of its parts (Figure 4)."""
    ours: bool = False
    """Whether the method's targets are its own: FOSP whole, with or without what goes beyond."""

    @property
    def overrides(self) -> dict[str, Any]:
        """For ``load_preset``, the agent included."""
        return {"agent": self.agent, **self.settings}


FLIPPED: Mapping[str, Any] = {"training.mirror_aligned": False}
"""Mirrored images are flipped and no more, as all rows but the last two were made."""
PRINTED: Mapping[str, Any] = {**AS_PRINTED, **FLIPPED}
ALIKE: Mapping[str, Any] = {"training.recent_contact_fraction": None, **FLIPPED}
"""Contacts of the trials are oversampled like those of the data, as these rows were made. Planning
wants it otherwise: it believes what the cost head then overrates."""
VARIANTS: Mapping[str, Variant] = {
    "fosp": Variant("FOSP as the paper has it", settings=PRINTED, ours=True),
    "fosp_planning": Variant(
        "FOSP, and decision-time planning through the world model (beyond the paper)",
        settings={**PRINTED, **PLANNED, "training.recent_contact_fraction": 0.0},
        ours=True,
    ),
    "fosp_imagined": Variant(
        "FOSP whose policies also follow imagined reward and contacts through the world model's "
        "dynamics, from where no demonstration stood, too (beyond the paper)",
        settings=ALIKE,
        ours=True,
    ),
    "fosp_imagined_planning": Variant(
        "the same, and decision-time planning, ways around only where no candidate will do; "
        "contacts of the trials are not oversampled (beyond the paper)",
        settings={
            **PLANNED,
            **FLIPPED,
            "planning.detour_share": 0.0,
            "planning.detour_back": (),
        },
        ours=True,
    ),
    "no_in_sample": Variant(
        "values learn from imagination alone (no eq. 10), and are means (no expectile of eq. 7)",
        settings={
            **PRINTED,
            "critic.in_sample": False,
            "critic.expectile": 0.5,
            "critic.cost_expectile": 0.5,
        },
        ablation=True,
    ),
    "no_expansion": Variant(
        "the offline policy itself is fine-tuned, one candidate (no eq. 21-22)",
        settings={**PRINTED, "expansion.enabled": False},
        ablation=True,
    ),
    "no_reachability": Variant(
        "u = 1 everywhere: cost acts through Phi alone (no eq. 5, 30)",
        settings={**PRINTED, "reachability.enabled": False},
        ablation=True,
    ),
    "no_lagrangian": Variant(
        "no Phi: cost acts through the weights alone (no eq. 17, 27)",
        settings={**PRINTED, "lagrangian.enabled": False},
        ablation=True,
    ),
    "behavior_cloning": Variant(
        "imitation of the data, all of it alike, before and while fine-tuning",
        settings={
            **PRINTED,
            "actor.weighting": "uniform",
            "lagrangian.enabled": False,
            "expansion.enabled": False,
            "expansion.direct_loss": "offline",
        },
    ),
    "safedreamer": Variant("SafeDreamer, BSRP-Lag", agent="safedreamer", settings=PRINTED),
    "dreamerv3": Variant("DreamerV3; knows no cost", agent="dreamerv3", settings=PRINTED),
    "recovery_rl": Variant("Recovery RL, model-based", agent="recovery_rl", settings=PRINTED),
    "full": Variant(
        "all that the preset has on: as fosp_imagined, and mirrored images are brought in line "
        "with the camera (beyond the paper)",
        ours=True,
    ),
    "full_planning": Variant(
        "the same, and decision-time planning (beyond the paper)", settings=PLANNED, ours=True
    ),
}


def variant(name: str) -> Variant:
    """The variant of this name.

    Raises:
        ConfigError: there is none; the message lists those that there are.
    """
    if name not in VARIANTS:
        raise ConfigError(f"unknown variant {name!r}; choose one of {', '.join(VARIANTS)}")
    return VARIANTS[name]


def variant_config(
    name: str, preset: str, overrides: Mapping[str, Any] | None = None
) -> AgentConfig:
    """The config of a variant over a preset; further overrides have the last word.

    Raises:
        ConfigError: unknown variant, preset or setting; the message lists the valid ones.
    """
    return load_preset(preset, variant(name).overrides | dict(overrides or {}))
