"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from kopilot_xl.cli.stderr import NAME
from kopilot_xl.workbook.tables.parsing import DateOrder


def examples(*lines: str) -> str:
    """The foot of a command's help."""
    return "\n\n".join(["[bold]Examples[/bold]", *(f"[cyan]{NAME} {line}[/cyan]" for line in lines)])


def read_as_of(text: str) -> date:
    """Read `--as-of`.

    Raises:
        typer.BadParameter: it is no date, could be two, or cannot be computed with.
    """
    from kopilot_xl.domain.rules import FIRST_DAY, LAST_DAY
    from kopilot_xl.workbook.tables.parsing import UnreadableError, read_date

    if text.strip().casefold() == "today":
        return date.today()
    try:
        day = read_date(text)
    except UnreadableError:
        day = None
    if day is None:
        raise typer.BadParameter(f'"{text}" is no date that can be read. Write 2026-04-03, or today.')
    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(f"{day} is out of range: give a day between {FIRST_DAY} and {LAST_DAY}.")
    return day


def read_size(text: str) -> str:
    """Read `--memory`.

    Raises:
        typer.BadParameter: it is no size.
    """
    size = text.strip().upper()
    if not re.fullmatch(r"[1-9]\d*(MB|GB|TB)", size):
        raise typer.BadParameter(f'"{text}" is no size. Write 4GB or 512MB.')
    return size


def as_of_option(beats: str) -> Any:
    """The option `--as-of`, and what it beats."""
    return typer.Option(
        "--as-of",
        parser=read_as_of,
        metavar="DATE",
        help=f"The day to look at the portfolio, as 2026-04-03 or today. {beats}",
        show_default=False,
    )


def output_option(what: str) -> Any:
    """The option `--output`, and what is written there."""
    return typer.Option("--output", "-o", metavar="FILE", help=what, show_default=False)


Book = Annotated[Path, typer.Argument(metavar="BOOK", help="The workbook, .xlsx or .xlsm.")]
Books = Annotated[
    list[str], typer.Argument(metavar="BOOK|FOLDER", help="Workbooks, .xlsx or .xlsm, and folders of them.")
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=60,
        help="How many processes share the work on several workbooks. A good number is that of the machine's cores.",
    ),
]
AsOf = Annotated[date | None, as_of_option("It beats the workbook's own setting.")]
Order = Annotated[
    DateOrder | None,
    typer.Option(
        "--date-order",
        case_sensitive=False,
        metavar="|".join(DateOrder),
        help="How to read a date such as 03/04/2026 in the exports. Without it, such a date is refused.",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if it is there already.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, alone on standard output, one object a line.")]
