"""Options about exports that `new` and `update` share."""

from __future__ import annotations

from typing import Annotated

import typer

from kopilot_xl.texts import t

Clients = Annotated[
    list[str] | None,
    typer.Option(
        "--clients",
        metavar="FILE",
        help=t(
            "Clients from CSV, Excel, OpenDocument or Parquet: a file, a folder or a pattern; File.xlsx#Sheet "
            "names a sheet, sqlite:///File.db#table a table of a database. May be given several times. Without it, the "
            "clients are made from the invoices."
        ),
        show_default=False,
    ),
]
Transactions = Annotated[
    list[str] | None,
    typer.Option(
        "--transactions",
        metavar="FILE",
        help=t("Their invoices, in the same ways. May be given several times."),
        show_default=False,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding", metavar="NAME", help=t("Of text files, such as cp1250 or mac_roman."), show_default=False
    ),
]
ColumnMap = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=HEADING",
        help=t(
            "Which heading of the files is which column, such as Client=Odběratel. The columns are Client, Client "
            "ID, Issue date, Amount, Total (of the whole document), Line amount, Status, Type, Reference, "
            "Currency, Email, "
            "Created on."
        ),
        show_default=False,
    ),
]
StatusWords = Annotated[
    list[str] | None,
    typer.Option(
        "--status",
        metavar="WORD=MEANING",
        help=t(
            "What a status or type of the files means: Issued, Paid, Overdue, Planned, Draft, Canceled, "
            "Credit note "
            "or Leave out."
        ),
        show_default=False,
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option("--sheet", metavar="NAME", help=t("The sheet of workbooks to read."), show_default=False),
]
CurrencyCode = Annotated[
    str | None,
    typer.Option(
        "--currency",
        metavar="CODE",
        help=t("The one currency to take, where the files have several, such as EUR."),
        show_default=False,
    ),
]
Year = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="YEAR",
        min=1990,
        max=2100,
        help=t("Of dates that have a day and a month only."),
        show_default=False,
    ),
]
Accept = Annotated[bool, typer.Option("--accept", help=t("Go on where a figure says that something may be wrong."))]
Invoices = Annotated[
    list[str] | None,
    typer.Option(
        "--invoices",
        metavar="FILE",
        help=t(
            "E-invoices instead of exports: UBL, Cross Industry Invoices, FatturaPA, Factur-X and ZUGFeRD; a file, a "
            "folder or a ZIP archive. May be given several times."
        ),
        show_default=False,
    ),
]
Company = Annotated[
    str | None,
    typer.Option(
        "--company",
        metavar="NAME",
        help=t("The name or VAT number of your company in e-invoices. By default the one that most of them name."),
        show_default=False,
    ),
]
