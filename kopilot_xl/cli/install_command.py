"""The command that connects Excel and Python."""

from __future__ import annotations

from typing import Annotated

import typer

from kopilot_xl.cli.group import Exit, app
from kopilot_xl.cli.options import _examples
from kopilot_xl.cli.stderr import _screen


@app.command(epilog=_examples("install", "install --check"))
def install(
    check: Annotated[bool, typer.Option("--check", help="Only tell what is missing, and change nothing.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before changing which Python Excel calls.")
    ] = False,
) -> None:
    """Connect Excel to this Python: install the xlwings add-in and set which Python it calls.

    Only Windows and Mac have Excel; elsewhere there is nothing to do. What is left to click in Excel is told.

    Exit code 0: all is there, or there is nothing to do; 1: something is missing.
    """
    from kopilot_xl.excel.setup import NOTHING_TO_DO, Machine, missing
    from kopilot_xl.excel.setup import install as install_into_excel

    machine, screen = Machine.here(), _screen()
    if not machine.has_excel:
        screen.line(NOTHING_TO_DO)
        return
    if check:
        lacking = missing(machine)
        screen.line("Nothing is missing." if not lacking else "Missing:")
    else:
        made = install_into_excel(machine, lambda question: yes or typer.confirm(question))
        lacking = list(made.missing)
        for line in made.done:
            screen.line(line)
        screen.line("Missing:" if lacking else "In Excel, once:")
    for line in lacking or ([] if check else made.clicks):
        screen.line(line, indent=2)
    raise typer.Exit(Exit.FAILED if lacking else Exit.DONE)
