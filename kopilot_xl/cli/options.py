"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from kopilot_xl.cli.speaking import OPTION, checked_language
from kopilot_xl.texts import LANGUAGES, t
from kopilot_xl.workbook.tables.parsing import DateOrder


def read_as_of(text: str) -> date:
    """Return the day that `--as-of` names.

    Raises:
        typer.BadParameter: it is not a date, could be two, or is out of range.
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
        raise typer.BadParameter(t('"{text}" is not a date that can be read. Write 2026-04-03, or today.', text=text))
    if not FIRST_DAY <= day <= LAST_DAY:
        raise typer.BadParameter(
            t(
                "{day} is out of range: give a day between {first_day} and {last_day}.",
                day=day,
                first_day=FIRST_DAY,
                last_day=LAST_DAY,
            )
        )
    return day


def read_size(text: str) -> str:
    """Return the size that `--memory` names, as DuckDB and Spark read it.

    Raises:
        typer.BadParameter: it is not a size.
    """
    size = text.strip().upper()
    if not re.fullmatch(r"[1-9]\d*(MB|GB|TB)", size):
        raise typer.BadParameter(t('"{text}" is not a size. Write 4GB or 512MB.', text=text))
    return size


def as_of_option(beats: str) -> Any:
    """Return the option `--as-of`; `beats` says what it takes precedence over."""
    return typer.Option(
        "--as-of",
        parser=read_as_of,
        metavar="DATE",
        help=f"{t('The day to look at the portfolio, as 2026-04-03 or today.')} {beats}",
        show_default=False,
    )


def output_option(what: str) -> Any:
    """Return the option `--output`; `what` says what is written there."""
    return typer.Option("--output", "-o", metavar="FILE", help=what, show_default=False)


Book = Annotated[Path, typer.Argument(metavar="BOOK", help=t("The workbook, .xlsx or .xlsm."))]
Books = Annotated[
    list[str], typer.Argument(metavar="BOOK|FOLDER", help=t("Workbooks, .xlsx or .xlsm, and folders of them."))
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        "-j",
        metavar="N",
        min=1,
        max=60,
        help=t("How many processes share the work on several workbooks. A good number is that of the machine's cores."),
    ),
]
AsOf = Annotated[date | None, as_of_option(t("It overrides the workbook's own setting."))]
Order = Annotated[
    DateOrder | None,
    typer.Option(
        "--date-order",
        case_sensitive=False,
        metavar="|".join(DateOrder),
        help=t("How to read a date such as 03/04/2026 in the exports. Without it, such a date is refused."),
        show_default=False,
    ),
]
BookLanguage = Annotated[
    str | None,
    typer.Option(
        OPTION,
        metavar="|".join(LANGUAGES),
        callback=checked_language,
        help=t("The language in which refreshes write the workbook, and in which messages are printed."),
        show_default=False,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help=t(
            "Replace what is there already, whatever it is, and keep it beside, with .kopilot-backup added to its name."
        ),
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help=t("Print JSON, alone on standard output, one object a line."))]
Summary = Annotated[
    Path | None,
    typer.Option(
        "--summary",
        metavar="FILE",
        help=t(
            "Also write a summary with a row for each workbook. As .xlsx or .html it is a page to read and print: "
            "company, shape, what changed, revenue kept, what needs attention, totals by currency; as .csv or .parquet "
            "a table of all figures. An earlier summary there is replaced."
        ),
        show_default=False,
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help=t("Exit with 1 if there are data problems. Notices never count."))
]
