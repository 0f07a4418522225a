"""What the tests of fine-tuning share."""

from __future__ import annotations

from typing import Any

from fosp_agent.agents.networks import fingerprint
from fosp_agent.training.finetune import Finetuner

UPDATES = 2


def ignore(_done: int, _total: int, _metrics: dict[str, float]) -> None:
    """No one watches."""


def full_disk(*_arguments: Any) -> None:
    """In place of what writes."""
    raise OSError(28, "No space left on device")


def everything(tuner: Finetuner) -> tuple[Any, ...]:
    """What a lesson may change, in memory."""
    return (
        fingerprint(tuner._agent.networks),
        tuner._agent.updates,
        dict(tuner.learned),
        tuner._sampler.ids,
        tuner._sampler.state_dict()["rng"],
        tuner.announce(),
    )
