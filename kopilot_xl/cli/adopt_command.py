"""The command that makes a Kopilot workbook of one that its owner has already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kopilot_xl.cli.group import command
from kopilot_xl.cli.import_options import Accept, ColumnMap, CurrencyCode, StatusWords, Year
from kopilot_xl.cli.options import AsJson, AsOf, Force, Order, output_option
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from kopilot_xl.usecases.adopt.adopt import Adopted


@command(
    "adopt Own.xlsx",
    "adopt Own.xlsx --in-place",
    "adopt Own.xlsx --clients Customers --transactions Invoices --output Portfolio.xlsx",
    'adopt Own.xlsx --status "Te laat=Overdue"',
)
def adopt(
    book: Annotated[
        Path, typer.Argument(metavar="BOOK", help=t("Your workbook with clients and invoices, .xlsx or .xlsm."))
    ],
    clients: Annotated[
        str | None,
        typer.Option(
            "--clients",
            metavar="NAME",
            help=t("The sheet or table of the clients, where several could be it."),
            show_default=False,
        ),
    ] = None,
    transactions: Annotated[
        str | None,
        typer.Option(
            "--transactions",
            metavar="NAME",
            help=t("The sheet or table of the invoices, where several could be it."),
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        output_option(t('Write the workbook here; by default a copy beside BOOK, its name with "(Kopilot)".')),
    ] = None,
    in_place: Annotated[
        bool,
        typer.Option(
            "--in-place",
            help=t(
                "Write into BOOK itself. The previous version is kept beside it, with .kopilot-backup added to "
                "its name."
            ),
        ),
    ] = False,
    macros: Annotated[
        bool, typer.Option("--macros", help=t("Add the macros of Kopilot too; the result ends in .xlsm."))
    ] = False,
    as_of: AsOf = None,
    date_order: Order = None,
    columns: ColumnMap = None,
    statuses: StatusWords = None,
    currency: CurrencyCode = None,
    year: Year = None,
    accept: Accept = False,
    json: AsJson = False,
    force: Force = False,
) -> None:
    """Make a Kopilot workbook of your own, where clients and invoices already are.

    They are found by what is in them, as in an export, and stay where they are. Our columns come to the right end of
    your clients, our sheets to the end of the tabs; everything else stays as it is, macros included. Where something
    leaves a doubt, nothing is written: one line says what to settle, and how.

    Exit code 0: done; 1: it was not, and nothing was changed; 2: wrong usage.
    """
    from kopilot_xl import adopt
    from kopilot_xl.cli import show_adopted
    from kopilot_xl.cli.settling import pairs, settling

    headings, meanings = pairs(columns, "--map"), pairs(statuses, "--status")

    def make(statuses: Mapping[str, str]) -> Adopted:
        return adopt(
            book, clients, transactions, output=output, in_place=in_place, macros=macros, date_order=date_order,
            columns=headings, statuses=statuses, currency=currency, year=year, accept=accept, force=force, as_of=as_of,
        )  # fmt: skip

    made = settling(meanings, make, json)
    if json:
        screen_on().data(show_adopted.as_json(made))
    else:
        show_adopted.adopted(screen_on(), made)
