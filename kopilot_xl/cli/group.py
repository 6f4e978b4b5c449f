"""The group of commands: no traceback gets out of it, and every end has its exit code."""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from kopilot_xl._version import __version__
from kopilot_xl.cli.stderr import NAME, _hide_secrets, _hush, _is_typers_own, _is_unheard, _tell
from kopilot_xl.errors import reason


class Exit(IntEnum):
    """What a command's exit code means; wrong usage is 2, as everywhere, and a stop is `STOPPED` and the signal."""

    DONE = 0
    FAILED = 1
    STOPPED = 128
    UNHEARD = 141


class _Door(TyperGroup):
    """The group of commands, which lets no traceback out."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            _tell("stopped. Every file is as it was before, or done.")
            raise typer.Exit(Exit.STOPPED + getattr(stop, "number", signal.SIGINT)) from None
        except BaseException as error:
            if _is_unheard(error):
                _hush()
                raise typer.Exit(Exit.UNHEARD) from None
            if _is_typers_own(error):
                _hide_secrets(error)
                raise
            _tell(reason(error))
            raise typer.Exit(Exit.FAILED) from None


app = typer.Typer(
    name=NAME,
    cls=_Door,
    rich_markup_mode="rich",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


@app.callback()
def _kopilot(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Where each client stands, and what shape the portfolio is in, straight from the Excel workbook."""
