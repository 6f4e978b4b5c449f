"""What goes to standard error: messages, without secrets, in what the terminal can show."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from kopilot_xl.cli.screen import Screen


NAME = "kopilot-xl"
"""The command's name, with which its messages begin."""


def _screen(stream: Any = None) -> Screen:
    from kopilot_xl.cli.screen import Screen

    return Screen(stream or sys.stdout)


def _tell(message: str) -> None:
    """Say something on standard error, as one line of ours."""
    from kopilot_xl.bigdata.address import without_secrets
    from kopilot_xl.cli.screen import fitting

    line = f"{NAME}: {without_secrets(' '.join(message.splitlines()))}"
    typer.echo(fitting(line, getattr(sys.stderr, "encoding", None)), err=True)


def _is_typers_own(error: BaseException) -> bool:
    """Tell Typer's ways to end a command (they know their exit code, or abort) from what went wrong."""
    return isinstance(error, (typer.Abort, SystemExit, GeneratorExit)) or hasattr(error, "exit_code")


def _is_unheard(error: BaseException) -> bool:
    """Tell whether nobody reads what is written any more; Windows has no error of its own for that."""
    if isinstance(error, OSError) and os.name == "nt" and error.errno == errno.EINVAL:
        return error.filename is None
    return isinstance(error, BrokenPipeError)


def _hide_secrets(error: BaseException) -> None:
    """Take credentials out of what Typer says of wrong usage: it quotes what was given."""
    message = getattr(error, "message", None)
    if isinstance(message, str):
        from kopilot_xl.bigdata.address import without_secrets

        error.message = without_secrets(message)  # type: ignore[attr-defined]  # it is there


def _hush() -> None:
    """Let what is still to be written go nowhere: nobody reads it any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = io.StringIO()  # what stands in for it has no file behind it
