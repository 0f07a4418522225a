"""``./safereach status``: where a running stack stands."""

from __future__ import annotations

from typing import Annotated

import typer

UNKNOWN = "no address in the newest folder of runs; a console writes it to <run_dir>/console/url"


def status(
    patience: Annotated[float, typer.Option(help="Seconds to wait for an answer.")] = 5.0,
) -> None:
    """Say what the running session does and waits for, who is alive, and where the console is."""
    from fosp_agent.ros.operator import look, operator

    with operator() as node:
        for name, value in look(node, patience).items():
            print(f"{name:<12} {value}")
    print(f"{'console':<12} {console_address() or UNKNOWN}")


def console_address() -> str:
    """Where the console of the newest run listens; empty: there is none."""
    from fosp_agent.cli.runs import NoRun, run_folder

    try:
        return (run_folder(None) / "console" / "url").read_text().strip()
    except (NoRun, OSError):
        return ""
