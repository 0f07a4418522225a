"""What a fine-tuning was begun with: it stands in the run's checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fosp_agent.training.sameness import require_same_options
from fosp_agent.training.weights import WeightsInfo, load_weights


@dataclass(frozen=True)
class Begun:
    """The arguments of a run's beginning, and what became of its versions."""

    weights: str
    """The file that it began from."""
    base_sha256: str
    base_version: int
    """Of these weights."""
    dataset: str
    """Folder of the demonstrations; empty: none."""
    updates_per_episode: int
    """Gradient steps on each episode."""
    seed: int
    origins: Mapping[str, int] = field(default_factory=dict)
    """Of each version that a roll-back made, the version that it copied."""

    @classmethod
    def with_weights(
        cls, path: Path, info: WeightsInfo, dataset: Path | None, updates: int, seed: int
    ) -> Begun:
        """A run that begins now, from the weights of a file."""
        folder = str(dataset) if dataset else ""
        return cls(str(path), info.sha256, info.version, folder, updates, seed)

    def to_dict(self) -> dict[str, Any]:
        """For the checkpoint."""
        return asdict(self)

    def origin(self, version: int) -> int:
        """The version that a roll-back copied; the version itself where it is none."""
        return int(self.origins.get(str(version), version))

    def copied(self, version: int, new: int) -> Begun:
        """After a roll-back: version ``new`` is a copy of an earlier one."""
        return replace(self, origins={**self.origins, str(new): self.origin(version)})

    def require(self, where: object, asked: Mapping[str, Any]) -> None:
        """Refuse other options than these. Weights may have been moved, if they are the same.

        Args:
            where: the run, for the message.
            asked: any of "weights", "dataset", "updates" and "seed".

        Raises:
            OtherConfig: naming what differs.
            WeightsError: the weights asked for cannot be read.
        """
        options = dict(asked)
        if "weights" in options and load_weights(options["weights"]).info.sha256 == (
            self.base_sha256
        ):
            del options["weights"]
        begun = {**self.to_dict(), "updates": self.updates_per_episode}
        for known in (begun, options):
            for name in known.keys() & {"weights", "dataset"}:
                known[name] = str(Path(known[name]).resolve()) if known[name] else ""
        require_same_options(where, begun, options)
