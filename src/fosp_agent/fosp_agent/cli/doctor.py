"""``./safereach doctor``: what a laboratory trips over; exit code 1 when a line is red."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fosp_agent.control.checkup import Finding

COLOURS = ("green", "yellow", "red")


def doctor(
    weights: Annotated[
        Path | None, typer.Option(help="Policy to look at (default: the one that runs).")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to listen [s].", min=1.0)] = 3.0,
) -> None:
    """Check a running stack: topics, clocks, camera, box, disk, policy, arm."""
    from rich.console import Console
    from rich.table import Table

    from fosp_agent.control.checkup import Level, worst
    from fosp_agent.ros.doctor import examine
    from fosp_agent.ros.operator import operator

    findings: list[Finding] = []
    with operator() as node:
        findings.extend(examine(node, weights, seconds))
    table = Table("", "what", "seen", "what to do")
    for finding in sorted(findings, key=lambda one: -one.level):
        colour = COLOURS[finding.level]
        table.add_row(f"[{colour}]{colour}[/]", finding.what, finding.seen, finding.remedy)
    Console().print(table)
    level = worst(findings)
    red = sum(finding.level is Level.RED for finding in findings)
    if red:
        print(f"{red} red: the robot must not be armed")
        raise typer.Exit(1)
    print("fit" if level is Level.GREEN else "fit, with reservations")
