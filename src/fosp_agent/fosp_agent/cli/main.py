"""``./safereach``: the verbs, each loaded only when it is asked for.

Further packages add verbs through the entry point group ``fosp_agent.commands``: the name is the
verb, the value a typed function or a Typer app. A verb that cannot be loaded does not disturb the
others; asked for, it says what is missing.
"""

from __future__ import annotations

import signal
import sys
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import typer
from typer.core import TyperGroup

from fosp_agent.errors import UserError

GROUP = "fosp_agent.commands"
EXIT_USER_ERROR = 2

OWN_VERBS: dict[str, str] = {
    "calibrate": "fosp_agent.cli.calibrate:calibrate",
    "dataset": "fosp_agent.cli.dataset:app",
    "diagnose": "fosp_agent.cli.diagnose:diagnose",
    "doctor": "fosp_agent.cli.doctor:doctor",
    "episode": "fosp_agent.cli.episode:episode",
    "experiment": "fosp_agent.cli.experiment:app",
    "evaluate": "fosp_agent.cli.evaluate:evaluate",
    "finetune": "fosp_agent.cli.finetune:finetune",
    "keyboard": "fosp_agent.cli.keyboard:keyboard",
    "label": "fosp_agent.cli.label:label",
    "pretrain": "fosp_agent.cli.pretrain:pretrain",
    "robot": "fosp_agent.cli.robot:robot",
    "rollback": "fosp_agent.cli.rollback:rollback",
    "status": "fosp_agent.cli.status:status",
    "workspace": "fosp_agent.cli.workspace:workspace",
}
"""Verb to ``module:attribute``, a typed function or a Typer app."""


class UnavailableVerb(UserError):
    """The verb's code cannot be loaded."""


@lru_cache(maxsize=1)
def verbs() -> dict[str, str]:
    """All known verbs and where they are; those of this package take precedence."""
    others = {entry.name: entry.value for entry in entry_points(group=GROUP)}
    return others | OWN_VERBS


def load_verb(name: str) -> Any:
    """The verb's command object.

    Raises:
        UnavailableVerb: its module or attribute is missing, or its import fails.
    """
    module_name, _, attribute = verbs()[name].partition(":")
    try:
        target = getattr(import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise UnavailableVerb(
            f"the verb '{name}' is not available here ({error}); install what it needs with "
            "`make setup`"
        ) from error
    if not isinstance(target, typer.Typer):
        wrapper = typer.Typer(add_completion=False)
        wrapper.command(name)(target)
        target = wrapper
    command = typer.main.get_command(target)
    command.name = name
    return command


class VerbGroup(TyperGroup):
    """A group whose commands are imported on demand, and whose user errors are one line."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Verbs that can be loaded, by name."""
        return [name for name in sorted(verbs()) if self._loaded(name) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The verb, or None when there is none of this name.

        Raises:
            UnavailableVerb: it is known, but cannot be loaded.
        """
        return load_verb(cmd_name) if cmd_name in verbs() else None

    def invoke(self, ctx: Any) -> Any:
        """Run the verb; a user error ends it with one line and exit code 2.

        So does a file that cannot be read or written.
        """
        try:
            return super().invoke(ctx)
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(EXIT_USER_ERROR) from error
        except OSError as error:
            if error.filename is None:
                raise
            print(
                f"error: {error.filename}: {error.strerror}; free disk space, mend its "
                "permissions, or give another path",
                file=sys.stderr,
            )
            raise typer.Exit(EXIT_USER_ERROR) from error

    def _loaded(self, name: str) -> Any:
        try:
            return load_verb(name)
        except UnavailableVerb:
            return None


app = typer.Typer(
    cls=VerbGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="SafeReach: learn a safe policy offline, fine-tune it on the robot in a few trials.",
)


@app.callback()
def _root() -> None:
    """SafeReach: learn a safe policy offline, fine-tune it on the robot in a few trials."""
    hear_interrupts()


def hear_interrupts() -> None:
    """Let SIGINT interrupt, also where it is ignored from the start.

    So it is in the background of a script (``./safereach pretrain &``): a shell without job control
    starts what it sends there with SIGINT ignored, and Python then leaves it at that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    app(prog_name="./safereach")
