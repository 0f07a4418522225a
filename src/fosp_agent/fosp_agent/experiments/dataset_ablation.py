"""Figure 6 on SafeReach as units: the share of unsafe data, and the amount of all data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fosp_agent.agents.variants import variant_config
from fosp_agent.control.policy_runner import as_mode
from fosp_agent.episodes.check import PAPER_MIX, SAFE_FAILURE, SAFE_SUCCESS
from fosp_agent.experiments.acting_units import BEFORE, Acting
from fosp_agent.experiments.pretrainings import pretraining_config
from fosp_agent.experiments.protocol import ORIGINAL, PlanError
from fosp_agent.experiments.unit import Unit

SAFE = (SAFE_SUCCESS, SAFE_FAILURE)


@dataclass(frozen=True)
class DatasetAblationPlan:
    """The options of the experiment."""

    ratios: tuple[str, ...] = ("1:0", "3:1", "1:1", "1:3", "0:1")
    """safe:unsafe, each at ``ratio_size`` episodes."""
    ratio_size: int = 50
    sizes: tuple[int, ...] = (25, 50, 100, 200)
    """Numbers of episodes, each at the paper's mix."""
    seeds: tuple[int, ...] = (0,)
    variant: str = "fosp"
    preset: str = "small"
    dataset: Path = Path("data/original")
    steps: int = 2000
    tests: int = 100
    modes: tuple[str, ...] = ("sample",)
    weights: str = "last"
    environment: str = "safereach"
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def parts(self) -> dict[str, dict[str, int]]:
        """Name of each part of the dataset, and how many episodes of each kind it has.

        Raises:
            PlanError: a ratio that cannot be read.
        """
        named = {f"ratio-{r.replace(':', '-')}": self._at_ratio(r) for r in self.ratios}
        total = sum(PAPER_MIX.values())
        for size in self.sizes:
            named[f"size-{size:03d}"] = _shared_out(size, PAPER_MIX, total)
        return named

    def check(self) -> None:
        """Refuse what cannot be run, before anything is.

        Raises:
            PlanError: naming the option.
            ConfigError: unknown variant, preset or setting.
        """
        if not self.parts() or not self.seeds or not self.modes:
            raise PlanError("give at least one ratio or size, one seed and one mode")
        for mode in self.modes:
            as_mode(mode)
        variant_config(self.variant, self.preset, self.overrides)

    def _at_ratio(self, ratio: str) -> dict[str, int]:
        safe, sign, unsafe = ratio.partition(":")
        if not (sign and safe.isdigit() and unsafe.isdigit() and int(safe) + int(unsafe)):
            raise PlanError(f"cannot read the ratio {ratio!r}; write safe:unsafe, such as 3:1")
        count = round(self.ratio_size * int(safe) / (int(safe) + int(unsafe)))
        safe_mix = {kind: n for kind, n in PAPER_MIX.items() if kind in SAFE}
        unsafe_mix = {kind: n for kind, n in PAPER_MIX.items() if kind not in SAFE}
        return {
            **_shared_out(count, safe_mix, sum(safe_mix.values())),
            **_shared_out(self.ratio_size - count, unsafe_mix, sum(unsafe_mix.values())),
        }


def ablation_units(plan: DatasetAblationPlan) -> list[Unit]:
    """All units: a pretraining on each part, and its tests on the original task."""
    units = []
    config = pretraining_config(variant_config(plan.variant, plan.preset, plan.overrides))
    common = {
        "variant": plan.variant,
        "preset": plan.preset,
        "overrides": dict(plan.overrides),
    }
    for seed in plan.seeds:
        for name, part in plan.parts().items():
            first = Unit(
                path=f"{name}/seed{seed}/pretrain",
                kind="pretrain",
                settings={
                    **common,
                    "part_name": name,
                    "part": part,
                    "dataset": str(plan.dataset),
                    "steps": plan.steps,
                    "seed": seed,
                    "weights": plan.weights,
                },
                config=config.to_dict(),
            )
            units.append(first)
            own = {"part_name": name, "seed": seed, "environment": plan.environment}
            agent = Acting(f"{name}/seed{seed}", {**common, **own}, config)
            units += agent.tests(
                "test", first.path, plan.modes, task=ORIGINAL, when=BEFORE, tests=plan.tests
            )
    return units


def _shared_out(size: int, mix: Mapping[str, int], total: int) -> dict[str, int]:
    """``size`` episodes in the proportions of ``mix``: largest remainders, kinds in order."""
    exact = {kind: size * count / total for kind, count in mix.items()}
    shares = {kind: int(value) for kind, value in exact.items()}
    left = size - sum(shares.values())
    for kind in sorted(exact, key=lambda k: shares[k] - exact[k])[:left]:
        shares[kind] += 1
    return shares
