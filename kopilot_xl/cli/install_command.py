"""The command that connects Excel and Python."""

from __future__ import annotations

from typing import Annotated

import typer

from kopilot_xl.cli.group import Exit, command
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.cli.visible import visible
from kopilot_xl.texts import t


@command("install", "install --check")
def install(
    check: Annotated[bool, typer.Option("--check", help=t("Only list what is missing, and change nothing."))] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help=t("Do not ask before changing which Python Excel calls."))
    ] = False,
) -> None:
    """Connect Excel to this Python: install the xlwings add-in and set which Python it calls.

    Only Windows and Mac have Excel; elsewhere there is nothing to do. What remains to be clicked in Excel is listed.

    Exit code 0: all is there, or there is nothing to do; 1: something is missing.
    """
    from kopilot_xl import install

    screen, made = screen_on(), install(check=check, yes=yes, ask=lambda question: typer.confirm(visible(question)))
    for line in made.done:
        screen.line(line)
    if made.missing:
        screen.line(t("Missing:"))
    elif made.clicks:
        screen.line(t("In Excel, once:"))
    elif check and not made.done:
        screen.line(t("Nothing is missing."))
    for line in made.missing or made.clicks:
        screen.line(line, indent=2)
    raise typer.Exit(Exit.FAILED if made.missing else Exit.DONE)
