"""What the paper says of each ablation and baseline, and whether the results bear it out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fosp_agent.experiments.acting_units import AFTER, BEFORE
from fosp_agent.experiments.protocol import ORIGINAL
from fosp_agent.experiments.report.cells import DURING, Cells
from fosp_agent.experiments.report.differences import Difference, difference
from fosp_agent.experiments.report.rates import rates

MET, MISSED, UNDECIDED = "met", "**missed**", "undecided"


@dataclass(frozen=True)
class Claim:
    """One agent is to be better than another in one measure."""

    rival: str
    why: str
    """What the paper says of it (section 5), or why it is asked for."""
    measure: str
    when: str
    more: bool
    """Whether better is more of it."""
    original: bool = False
    """Whether the task of the demonstrations counts too."""
    extended: bool = False
    """Whether it is asked of FOSP's extensions as well."""


CLAIMS = (
    Claim(
        "no_in_sample",
        "in-sample values improve offline performance",
        "SR",
        BEFORE,
        more=True,
        original=True,
    ),
    Claim("no_expansion", "expansion steadies the transition", "SR", DURING, more=True),
    Claim("no_expansion", "expansion steadies the transition", "CV", DURING, more=False),
    Claim(
        "no_reachability",
        "reachability: overall performance within the constraints",
        "safe SR",
        AFTER,
        more=True,
    ),
    Claim("no_lagrangian", "compliance with the constraints", "CV", AFTER, more=False),
    Claim("safedreamer", "better performance", "SR", AFTER, more=True, extended=True),
    Claim("safedreamer", "safer fine-tuning", "CV", AFTER, more=False, extended=True),
    Claim(
        "recovery_rl",
        "outperformed offline, in costs above all",
        "CV",
        BEFORE,
        more=False,
        original=True,
    ),
    Claim("dreamerv3", "fewer violations", "CV", AFTER, more=False),
    Claim(
        "behavior_cloning",
        "the floor, not the paper's claim",
        "safe SR",
        AFTER,
        more=True,
        extended=True,
    ),
)
"""Figure 4's text names no measure for an ablation: these are our reading of it."""


def claim_rows(cells: Cells, variant: str, mode: str) -> Iterator[list[str]]:
    """Rows of the table of targets, for each claim that has results of both agents."""
    for claim in CLAIMS:
        if variant != "fosp" and not claim.extended:
            continue
        tasks = ([ORIGINAL] if claim.original else []) + cells.tasks
        ours, theirs = (
            cells.whole(name, tasks, claim.when, mode) for name in (variant, claim.rival)
        )
        found = difference(ours, theirs, claim.measure)
        if found is None:
            continue
        which = (
            f"{'original and ' if claim.original else ''}{len(cells.tasks)} unseen tasks together"
        )
        one, other = (
            rates([r for r in results if r.settings["seed"] in found.seeds]).of(claim.measure)
            for results in (ours, theirs)
        )
        seeds = f"{len(found.seeds)} seed{'s' if len(found.seeds) > 1 else ''}"
        yield [
            f"{claim.measure} {claim.when}, {which}, against `{claim.rival}`",
            f"{'higher' if claim.more else 'lower'} ({claim.why})",
            f"{100 * one.value:.0f} against {100 * other.value:.0f} %: theirs "
            f"{found.text()} ({seeds})",
            verdict(found, more=claim.more),
        ]


def verdict(theirs_less_ours: Difference, *, more: bool) -> str:
    """Met or missed where the interval leaves out 0, otherwise undecided."""
    if theirs_less_ours.same or not theirs_less_ours.decided:
        return UNDECIDED
    return MET if (theirs_less_ours.value < 0) == more else MISSED
