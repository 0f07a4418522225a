"""Errors that a person can act on: each names the thing that is wrong and the remedy."""

from __future__ import annotations


class UserError(Exception):
    """The input is at fault, not the program.

    The message is one line that names the thing and the remedy. The command line prints it without
    a traceback and exits with code 2.
    """
