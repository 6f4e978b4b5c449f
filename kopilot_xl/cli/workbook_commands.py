"""Commands on workbooks: new, demo, update, refresh, check, report, upgrade."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kopilot_xl.cli.group import Exit, command
from kopilot_xl.cli.import_options import (
    Accept,
    Clients,
    ColumnMap,
    Company,
    CurrencyCode,
    Encoding,
    Invoices,
    SheetName,
    StatusWords,
    Transactions,
    Year,
)
from kopilot_xl.cli.options import AsJson, AsOf, Book, Books, Force, Jobs, Order, output_option
from kopilot_xl.cli.running import results
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.tasks import Done
    from kopilot_xl.usecases.create import Created
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.usecases.update.update import Updated


@command(
    "new Portfolio.xlsm",
    "new Portfolio.xlsm --clients clients.csv --transactions invoices.xlsx --date-order DMY",
    "new --try --transactions invoices.csv",
    "new Portfolio.xlsm --clients contacts.csv --transactions 2025.csv --transactions 2026.csv",
    'new Portfolio.xlsm --clients Book.xlsx#Customers --transactions Book.xlsx#Sales --map "Client=Odběratel"',
    'new Portfolio.xlsm --clients contacts.csv --transactions invoices.csv --status "Te laat=Overdue"',
)
def new(
    book: Annotated[
        Path | None,
        typer.Argument(
            metavar="BOOK",
            help=t("The workbook to make; it ends in .xlsm, or in .xlsx for one without macros."),
            show_default=False,
        ),
    ] = None,
    clients: Clients = None,
    transactions: Transactions = None,
    date_order: Order = None,
    encoding: Encoding = None,
    columns: ColumnMap = None,
    statuses: StatusWords = None,
    sheet: SheetName = None,
    currency: CurrencyCode = None,
    year: Year = None,
    invoices: Invoices = None,
    company: Company = None,
    accept: Accept = False,
    trial: Annotated[
        bool,
        typer.Option(
            "--try", help=t("Show the verdict and the portfolio as of the data's last date, and write nothing.")
        ),
    ] = False,
    json: AsJson = False,
    force: Force = False,
) -> None:
    """Make a new workbook, empty or filled from your exports.

    Delimiter, encoding, headings, dates, amounts, kinds of documents and status words are found out. What was read,
    what was left out and what was assumed is printed, to be checked against your books. Where the files leave a doubt,
    nothing is written: one line says what to settle, and how.
    """
    from kopilot_xl import new
    from kopilot_xl.cli import show_imports
    from kopilot_xl.cli.settling import pairs, settling

    if book is None and not trial:
        raise typer.BadParameter(t("name the workbook to make, or look first with --try."), param_hint="BOOK")
    headings, meanings = pairs(columns, "--map"), pairs(statuses, "--status")

    def make(statuses: Mapping[str, str]) -> Created:
        return new(
            book, clients, transactions, date_order=date_order, encoding=encoding, columns=headings, statuses=statuses,
            sheet=sheet, currency=currency, year=year, invoices=invoices, company=company, accept=accept, trial=trial,
            force=force,
        )  # fmt: skip

    made = settling(meanings, make, json)
    if json:
        screen_on().data(show_imports.created_as_json(made))
    else:
        show_imports.created(screen_on(), made)


@command("demo", "demo try.xlsm --force")
def demo(
    book: Annotated[
        Path, typer.Argument(metavar="BOOK", help=t("Where to write it; it ends in .xlsm, or in .xlsx without macros."))
    ] = Path("kopilot-demo.xlsm"),
    force: Force = False,
) -> None:
    """Write a sample workbook, refresh it and show its portfolio."""
    from kopilot_xl import demo
    from kopilot_xl.cli import show_portfolio

    show_portfolio.report(screen_on(), demo(book, force=force))


@command(
    "update Portfolio.xlsm --clients clients.csv --transactions invoices.csv",
    "update Portfolio.xlsm",
    "update Portfolio.xlsm --dry-run",
)
def update(
    book: Book,
    clients: Clients = None,
    transactions: Transactions = None,
    as_of: AsOf = None,
    date_order: Order = None,
    encoding: Encoding = None,
    columns: ColumnMap = None,
    statuses: StatusWords = None,
    sheet: SheetName = None,
    currency: CurrencyCode = None,
    year: Year = None,
    invoices: Invoices = None,
    company: Company = None,
    accept: Accept = False,
    remove_vanished: Annotated[
        bool,
        typer.Option(
            "--remove-vanished",
            help=t("Clear the rows of transactions that an earlier import brought and the export no longer has."),
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=t("Show what would come, and write nothing."))] = False,
    no_refresh: Annotated[bool, typer.Option("--no-refresh", help=t("Bring the rows in, and refresh later."))] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=t("Exit with 1 if there are data problems. Notices never count."))
    ] = False,
    json: AsJson = False,
) -> None:
    """Bring your next export into a workbook, and refresh it.

    What is new is added, what changed is changed: clients by their id, transactions by client and number. What you
    typed, decided or added yourself stays as it is. Without files, those of the last time are read again. The version
    before is kept beside the workbook, its name with .kopilot-backup added.

    Exit code 0: done; 1: it was not, and nothing was changed, or --strict found problems; 2: wrong usage.
    """
    from kopilot_xl import update
    from kopilot_xl.cli import show_update
    from kopilot_xl.cli.settling import pairs, settling

    headings, meanings = pairs(columns, "--map"), pairs(statuses, "--status")

    def make(statuses: Mapping[str, str]) -> Updated:
        return update(
            book, clients, transactions, as_of=as_of, date_order=date_order, encoding=encoding, columns=headings,
            statuses=statuses, sheet=sheet, currency=currency, year=year, invoices=invoices, company=company,
            accept=accept,
            remove_vanished=remove_vanished, dry_run=dry_run, no_refresh=no_refresh,
        )  # fmt: skip

    made = settling(meanings, make, json)
    if json:
        screen_on().data(show_update.updated_as_json(made))
    else:
        show_update.updated(screen_on(), made)
    if strict and made.result is not None and _problems(made.result):
        raise typer.Exit(Exit.FAILED)


@command(
    "refresh Portfolio.xlsm",
    "refresh Portfolio.xlsm --as-of 2026-06-30 --output June.xlsm",
    "refresh *.xlsm --json --strict --backup",
    "refresh Clients --jobs 4 --summary Portfolios.xlsx",
    "refresh Portfolio.xlsm --backfill 12",
)
def refresh(
    books: Books,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        output_option(
            t(
                "Save it here and leave the workbook as it is. A Kopilot workbook there in which no action is recorded "
                "is replaced; for anything else it takes --force. For one workbook only."
            )
        ),
    ] = None,
    force: Force = False,
    backup: Annotated[
        bool,
        typer.Option(
            "--backup",
            help=t(
                "Keep the version that is replaced beside it: Portfolio.xlsm as "
                "Portfolio.xlsm.kopilot-backup. The backup made before is replaced. To go back, "
                "rename it."
            ),
        ),
    ] = False,
    backfill: Annotated[
        int,
        typer.Option(
            "--backfill",
            metavar="N",
            min=0,
            max=120,
            help=t(
                "Also fill History for the ends of the N months before, as today's rows tell it. "
                "Such rows are marked as reconstructed; a row written on its own day stays."
            ),
            show_default=False,
        ),
    ] = 0,
    jobs: Jobs = 1,
    summary: Annotated[
        Path | None,
        typer.Option(
            "--summary",
            metavar="FILE",
            help=t(
                "Also write a table with a row for each workbook: shape, tilt, clients by segment, "
                "value, leaving value, problems. It ends in .csv, .parquet or .xlsx; an earlier "
                "summary there is replaced."
            ),
            show_default=False,
        ),
    ] = None,
    json: AsJson = False,
    strict: Annotated[
        bool, typer.Option("--strict", help=t("Exit with 1 if there are data problems. Notices never count."))
    ] = False,
) -> None:
    """Recompute the segments and the Portfolio sheet of one or more workbooks.

    Excel is not needed. Only the cells a refresh owns are written.

    Of a FOLDER, it is the workbooks in it and in all folders in it; those that are no Kopilot workbooks are left alone.
    One that fails stops no other. Ctrl-C stops where every file is as it was before, or done.

    A workbook that another process refreshes is waited for, up to a minute.

    Exit code 0: all refreshed; 1: at least one was not and is as it was, or --strict found problems; 2: wrong usage;
    130: stopped by Ctrl-C, 143: by SIGTERM.
    """
    from kopilot_xl import refresh_all
    from kopilot_xl.cli import show_batch

    batch = refresh_all(
        books, as_of, output=output, force=force, backup=backup, backfill=backfill, jobs=jobs, summary=summary
    )
    several, done, sound = batch.total > 1, 0, True
    for result in results(batch, t("Refreshing")):
        done += 1
        sound = sound and result.report is not None and not (strict and _problems(result.report))
        _show(result, json, several)
    if several and not json:
        show_batch.portfolios(screen_on(), batch.lines)
    raise typer.Exit(Exit.DONE if done and sound else Exit.FAILED)


def _show(done: Done, json: bool, several: bool) -> None:
    """Show what a refresh of a workbook found."""
    from kopilot_xl.cli import as_json, show_batch, show_portfolio

    if done.report is None:
        return
    if json:
        screen_on().data(as_json.as_json(done.report, str(done.path)))
    elif several:
        show_batch.brief(screen_on(), done.report, str(done.path))
    else:
        show_portfolio.report(screen_on(), done.report)


@command("check Portfolio.xlsm", "check Portfolio.xlsm --json", "check Clients --jobs 4")
def check(books: Books, jobs: Jobs = 1, json: AsJson = False) -> None:
    """List the data problems of one or more workbooks, and write nothing.

    Exit code 0: none, though there may be notices; 1: problems, or a workbook cannot be read; 2: wrong usage.
    """
    from kopilot_xl import check_all
    from kopilot_xl.cli import as_json, show_portfolio

    screen, batch, done, sound = screen_on(), check_all(books, jobs=jobs), 0, True
    for result in results(batch, t("Checking")):
        done += 1
        sound = sound and result.report is not None and not _problems(result.report)
        if result.report is None:
            continue
        if json:
            screen.data(as_json.checked_as_json(result.report, str(result.path)))
        else:
            show_portfolio.checked(screen, result.report, str(result.path) if batch.total > 1 else "")
    raise typer.Exit(Exit.DONE if done and sound else Exit.FAILED)


@command("report Portfolio.xlsm", "report Portfolio.xlsm --as-of 2026-06-30 --output June.html")
def report(
    book: Book,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        output_option(
            t(
                "The page to write; it ends in .html, and an earlier report there is replaced. "
                "Without it: beside the workbook, with its name."
            )
        ),
    ] = None,
    force: Force = False,
) -> None:
    """Write the portfolio as one HTML page to send, and nothing into the workbook.

    The page needs no network and no other file; it can be read on a phone and printed on A4.
    """
    from kopilot_xl import report

    made = report(book, as_of, output=output, force=force)
    screen_on().line(t("{path} shows the portfolio as of {as_of}.", path=made.path, as_of=made.as_of))


@command(
    "upgrade Portfolio.xlsm", "upgrade Portfolio.xlsm --check", 'upgrade Portfolio.xlsm --output "New portfolio.xlsm"'
)
def upgrade(
    book: Annotated[
        Path, typer.Argument(metavar="BOOK", help=t("The workbook of an earlier version, .xlsx or .xlsm."))
    ],
    output: Annotated[
        Path | None, output_option(t("Write the upgraded workbook here and leave BOOK as it is."))
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help=t("Only list what the workbook would get; write nothing."))
    ] = False,
    copy: Annotated[
        bool,
        typer.Option(
            "--copy",
            help=t(
                "Make a new workbook instead, with the rows, settings and history of this one. Your own charts, "
                "sheets, notes and macros do not come along; they are listed."
            ),
        ),
    ] = False,
    force: Force = False,
) -> None:
    """Bring the sheets, columns, settings and macros of this version to a workbook of an earlier one.

    Everything of yours stays as it is: sheets, columns, charts, notes, colours, names, the order of the tabs, macros of
    your own. A page of Kopilot's with an earlier layout is replaced, unless it holds something of yours. The version
    before is kept beside it, its name with .kopilot-backup added.
    """
    from kopilot_xl import upgrade

    made, screen = upgrade(book, output, check=check, copy=copy, force=force), screen_on()
    for line in made.lines:
        screen.line(line)


def _problems(found: RefreshResult) -> int:
    from kopilot_xl.workbook.tables.problems import Kind

    return found.count(Kind.PROBLEM)
