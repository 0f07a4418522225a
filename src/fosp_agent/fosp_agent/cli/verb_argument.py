"""An argument of the command line that is one of the verbs of a running stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer

from fosp_agent.control.verbs import Verb


def one_of(verbs: Mapping[str, Verb]) -> Any:
    """The argument, with all of them in its help."""

    def check(what: str) -> str:
        if what not in verbs:
            raise typer.BadParameter(f"{what!r}; choose one of {', '.join(verbs)}")
        return what

    return typer.Argument(
        callback=check,
        metavar="|".join(verbs),
        autocompletion=lambda: list(verbs),
        help="; ".join(f"{name}: {verb.words}" for name, verb in verbs.items()) + ".",
    )
