"""What goes to standard error: messages, without secrets, in what the terminal can show."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

from kopilot_xl.cli.visible import visible

if TYPE_CHECKING:
    from kopilot_xl.cli.screen import Screen


NAME = "kopilot-xl"
"""The command's name, with which its messages begin."""


_quiet = False


def be_quiet(wanted: bool) -> None:
    """Have the command that runs print nothing but errors and data, or all again."""
    global _quiet
    _quiet = wanted


def screen_on(stream: Any = None) -> Screen:
    """Return a screen on a stream, by default on standard output."""
    from kopilot_xl.cli.screen import Screen

    return Screen(stream or sys.stdout, quiet=_quiet)


def print_message(message: str) -> None:
    """Print a message on standard error, as one line that begins with the command's name, without credentials."""
    from kopilot_xl.bigdata.sources.address import without_secrets
    from kopilot_xl.cli.screen import fitting

    line = visible(f"{NAME}: {without_secrets(' '.join(message.splitlines()))}")
    typer.echo(fitting(line, getattr(sys.stderr, "encoding", None)), err=True)


def is_typers_own(error: BaseException) -> bool:
    """Return whether an exception is one of Typer's ways to end a command: they know their exit code, or abort."""
    return isinstance(error, (typer.Abort, SystemExit, GeneratorExit)) or hasattr(error, "exit_code")


def is_unheard(error: BaseException) -> bool:
    """Return whether an error means that nobody reads the output any more; Windows has no error of its own for that."""
    if isinstance(error, OSError) and os.name == "nt" and error.errno == errno.EINVAL:
        return error.filename is None
    if isinstance(error, SystemExit):  # as Rich ends a program whose help nobody reads
        return isinstance(error.__context__, BrokenPipeError)
    return isinstance(error, BrokenPipeError)


def hide_secrets(error: BaseException) -> None:
    """Take credentials and control characters out of what Typer says of wrong usage: it quotes what was given."""
    message = getattr(error, "message", None)
    if isinstance(message, str):
        from kopilot_xl.bigdata.sources.address import without_secrets

        error.message = visible(without_secrets(message))  # type: ignore[attr-defined]  # it is there


def silence_stdout() -> None:
    """Discard what is still to be written to standard output: nobody reads it any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = io.StringIO()  # what stands in for it has no file behind it
