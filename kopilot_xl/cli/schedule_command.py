"""The command that has workbooks refreshed by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kopilot_xl.cli.group import command
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.texts import t


@command(
    "schedule Portfolio.xlsm --daily 07:00",
    "schedule Clients --daily 06:30 --update --summary Portfolios.html",
    "schedule --list",
    "schedule Clients --remove",
)
def schedule(
    book: Annotated[
        Path | None,
        typer.Argument(metavar="BOOK|FOLDER", help=t("The workbook, or a folder of them."), show_default=False),
    ] = None,
    daily: Annotated[
        str | None,
        typer.Option("--daily", metavar="TIME", help=t("The time of day, as 07:00."), show_default=False),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help=t("First bring in what the sources have that a workbook lists."))
    ] = False,
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary", metavar="FILE", help=t("Also write a summary each time, as refresh does."), show_default=False
        ),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help=t("Show what is scheduled, and change nothing."))] = False,
    remove: Annotated[bool, typer.Option("--remove", help=t("Remove the entry of BOOK or FOLDER."))] = False,
    using: Annotated[
        str | None,
        typer.Option(
            "--using",
            metavar="cron|systemd|launchd|task-scheduler",
            help=t("The scheduler; by default this machine's."),
            show_default=False,
        ),
    ] = None,
) -> None:
    """Have a workbook, or a folder of them, refreshed every day by itself.

    It is written as an entry of the scheduler that the machine has: a timer of systemd or a line of cron on Linux,
    launchd on a Mac, the Task Scheduler on Windows. A workbook that is open at that time waits for the next time. A
    failure is shown on the workbook's Portfolio sheet. The log, which only you can read, names no clients.
    """
    from kopilot_xl import schedule
    from kopilot_xl.usecases.schedule.schedulers import System

    if using is not None and using not in list(System):
        raise typer.BadParameter(
            t("{value} is not one of {names}.", value=using, names=", ".join(System)), param_hint="--using"
        )
    done, screen = (
        schedule(book, daily=daily, update=update, summary=summary, listing=listing, remove=remove, using=using),
        screen_on(),
    )
    for entry in done.removed:
        screen.line(t("Removed from {system}: {words}", system=done.system, words=entry.words))
    for entry in done.entries:
        screen.line(t("{system}: {words}", system=done.system, words=entry.words))
    if not done.entries and not done.removed:
        screen.line(t("Nothing of Kopilot XL is scheduled with {system}.", system=done.system))
    elif done.entries:
        screen.line(t("The log: {path}", path=done.log))
