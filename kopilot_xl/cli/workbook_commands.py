"""Commands on workbooks: new, demo, update, refresh, check, report, upgrade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

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
from kopilot_xl.cli.options import AsJson, AsOf, BookLanguage, Books, Force, Jobs, Order, Strict, Summary, output_option
from kopilot_xl.cli.running import is_several, results
from kopilot_xl.cli.stderr import screen_on
from kopilot_xl.errors import UsageError
from kopilot_xl.texts import t

if TYPE_CHECKING:
    from kopilot_xl.usecases.batch.several import Batch
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
    language: BookLanguage = None,
    accept: Accept = False,
    trial: Annotated[
        bool,
        typer.Option(
            "--try", help=t("Show the summary and the portfolio as of the data's last date, and write nothing.")
        ),
    ] = False,
    json: AsJson = False,
    force: Force = False,
) -> None:
    """Make a new workbook, empty or filled from your exports.

    Delimiter, encoding, headings, dates, amounts, kinds of documents and status words are detected. What was read,
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
            sheet=sheet, currency=currency, year=year, invoices=invoices, company=company, language=language,
            accept=accept, trial=trial, force=force,
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
    language: BookLanguage = None,
    force: Force = False,
) -> None:
    """Write a sample workbook, refresh it and show its portfolio."""
    from kopilot_xl import demo
    from kopilot_xl.cli import show_portfolio

    show_portfolio.report(screen_on(), demo(book, language=language, force=force))


@command(
    "update Portfolio.xlsm --clients clients.csv --transactions invoices.csv",
    "update Portfolio.xlsm",
    "update Portfolio.xlsm --dry-run",
    "update Clients --jobs 4 --summary Portfolios.xlsx",
)
def update(
    books: Books,
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
    jobs: Jobs = 1,
    summary: Summary = None,
    strict: Strict = False,
    json: AsJson = False,
    force: Force = False,
) -> None:
    """Bring your next export into a workbook, and refresh it.

    What is new is added, what changed is changed: clients by their id, transactions by client and number. What you
    typed, decided or added yourself stays as it is. Without files, the sources are read again that the workbook lists
    on Settings. The version before is kept beside the workbook, its name with .kopilot-backup added.

    Of several workbooks and of a FOLDER, each is updated from its own sources; one that stops does not stop the rest.

    Exit code 0: done; 1: it was not, and nothing was changed, or --strict found problems; 2: wrong usage.
    """
    from kopilot_xl import update
    from kopilot_xl.cli import show_update
    from kopilot_xl.cli.settling import pairs, settling

    headings, meanings = pairs(columns, "--map"), pairs(statuses, "--status")
    about_one = (
        clients, transactions, invoices, date_order, encoding, headings, meanings, sheet, currency, year, company,
    )  # fmt: skip
    if len(books) > 1 or is_several(books[0]) or (summary is not None and not any(about_one)):
        if any(about_one):
            raise typer.BadParameter(
                t("files and how to read them belong to one workbook: name it alone, or leave them out."),
                param_hint="BOOK|FOLDER",
            )
        _update_all(
            books, as_of, accept, remove_vanished, dry_run, no_refresh, jobs, summary, force, json=json, strict=strict
        )
    book = Path(books[0])

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


def _update_all(
    books: Sequence[str],
    as_of: date | None,
    accept: bool,
    remove_vanished: bool,
    dry_run: bool,
    no_refresh: bool,
    jobs: int,
    summary: Path | None,
    force: bool,
    *,
    json: bool,
    strict: bool,
) -> NoReturn:
    """Update several workbooks, and exit."""
    from kopilot_xl import update_all

    batch = update_all(
        books, as_of, accept=accept, remove_vanished=remove_vanished, dry_run=dry_run, no_refresh=no_refresh, jobs=jobs,
        summary=summary, force=force,
    )  # fmt: skip
    _show_all(batch, t("Updating"), json=json, strict=strict)


def _show_all(batch: Batch, what: str, *, json: bool, strict: bool) -> NoReturn:
    """Go through workbooks that are worked on, show what became of each and of all, and exit."""
    from kopilot_xl.cli import show_batch

    several, end = batch.total > 1, _End()
    for result in results(batch, what):
        end.note(result, result.report is not None and not (strict and _problems(result.report)))
        _show(result, json, several)
    if several and not json:
        show_batch.portfolios(screen_on(), batch.lines)
    raise typer.Exit(end.code)


@dataclass
class _End:
    """How work on several workbooks ends.

    Attributes:
        code: the exit code: wrong usage of any of them counts most, a failure of any before success of all; nothing
            done is a failure.
    """

    code: Exit = Exit.FAILED
    _begun: bool = False

    def note(self, result: Done, sound: bool) -> None:
        """Count one workbook, which is sound if all was done and nothing was found that fails."""
        if result.code == UsageError.code:
            self.code = Exit.USAGE
        elif (not sound or result.why) and self.code is not Exit.USAGE:
            self.code = Exit.FAILED
        elif not self._begun:
            self.code = Exit.DONE
        self._begun = True


@command(
    "refresh Portfolio.xlsm",
    "refresh Portfolio.xlsm --as-of 2026-06-30 --output June.xlsm",
    "refresh *.xlsm --json --strict --backup",
    "refresh Clients --jobs 4 --summary Portfolios.xlsx",
    "refresh Clients --update --summary Portfolios.html",
    "refresh Portfolio.xlsm --backfill 12",
)
def refresh(
    books: Books,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        output_option(
            t(
                "Save it here and leave the workbook as it is. A Kopilot workbook there in which no action is "
                "recorded is replaced; anything else needs --force. For one workbook only."
            )
        ),
    ] = None,
    force: Force = False,
    backup: Annotated[
        bool,
        typer.Option(
            "--backup",
            help=t(
                "Keep the version that is replaced beside it: Portfolio.xlsm as Portfolio.xlsm.kopilot-backup. An "
                "earlier backup is replaced. To go back, rename it."
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
                "Also fill History for the ends of the N months before, as computed from today's rows. Such rows "
                "are marked as reconstructed; a row written on its own day stays."
            ),
            show_default=False,
        ),
    ] = 0,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help=t(
                "First bring in what the sources have that each workbook lists on Settings. A workbook whose sources "
                "stop is refreshed all the same, and named."
            ),
        ),
    ] = False,
    jobs: Jobs = 1,
    summary: Summary = None,
    json: AsJson = False,
    strict: Strict = False,
) -> None:
    """Recompute the segments and the Portfolio sheet of one or more workbooks.

    Excel is not needed. Only the cells a refresh owns are written.

    A FOLDER stands for the workbooks in it and in all folders below it; those that are not Kopilot workbooks are left
    alone. A failure does not stop the rest. Ctrl-C stops where every file is as it was before, or done.

    A workbook that another process is refreshing is waited for, up to a minute.

    Exit code 0: all refreshed; 1: at least one was not, and is as it was, or --strict found problems; 2: wrong usage;
    130: stopped by Ctrl-C, 143: by SIGTERM.
    """
    from kopilot_xl import refresh_all

    batch = refresh_all(
        books, as_of, output=output, force=force, backup=backup, backfill=backfill, update=update, jobs=jobs,
        summary=summary,
    )  # fmt: skip
    _show_all(batch, t("Refreshing"), json=json, strict=strict)


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
        if done.report.news is not None and (news := done.report.news.words(done.report.currency)):
            screen_on().line(t("From the sources: {news}", news=news))
        show_portfolio.report(screen_on(), done.report)


@command("check Portfolio.xlsm", "check Portfolio.xlsm --json", "check Clients --jobs 4")
def check(books: Books, jobs: Jobs = 1, json: AsJson = False) -> None:
    """List the data problems of one or more workbooks, and write nothing.

    Exit code 0: none, though there may be notices; 1: problems, or a workbook cannot be read; 2: wrong usage.
    """
    from kopilot_xl import check_all
    from kopilot_xl.cli import as_json, show_portfolio

    screen, batch, end = screen_on(), check_all(books, jobs=jobs), _End()
    for result in results(batch, t("Checking")):
        end.note(result, result.report is not None and not _problems(result.report))
        if result.report is None:
            continue
        if json:
            screen.data(as_json.checked_as_json(result.report, str(result.path)))
        else:
            show_portfolio.checked(screen, result.report, str(result.path) if batch.total > 1 else "")
    raise typer.Exit(end.code)


@command(
    "report Portfolio.xlsm",
    "report Portfolio.xlsm --as-of 2026-06-30 --output June.html",
    "report Clients --jobs 4",
)
def report(
    books: Books,
    as_of: AsOf = None,
    output: Annotated[
        Path | None,
        output_option(
            t(
                "The page to write; it ends in .html, and an earlier report there is replaced. Without it: beside the "
                "workbook, with its name. Of several workbooks: the page that leads to their reports, by default "
                "Portfolios.html in the folder."
            )
        ),
    ] = None,
    jobs: Jobs = 1,
    force: Force = False,
) -> None:
    """Write the portfolio as one HTML page to send, and nothing into the workbook.

    The page needs no network and no other file; it can be read on a phone and printed on A4. Of a FOLDER, each workbook
    gets its page beside it, and one page leads to all of them, the portfolio to look at first on top.
    """
    from kopilot_xl import report, report_all
    from kopilot_xl.usecases.batch.several import index_of

    if len(books) == 1 and not is_several(books[0]):
        made = report(books[0], as_of, output=output, force=force)
        screen_on().line(t("{path} shows the portfolio as of {as_of}.", path=made.path, as_of=made.as_of))
        return
    batch, done, end = report_all(books, as_of, index=output, jobs=jobs, force=force), 0, _End()
    for result in results(batch, t("Writing reports")):
        done += 1
        end.note(result, result.report is not None)
        if result.report is not None:
            path = result.path.with_suffix(".html")
            screen_on().line(t("{path} shows the portfolio as of {as_of}.", path=path, as_of=result.report.as_of))
    if done:
        screen_on().line(t("{path} links to all of them.", path=output or index_of(books)))
    raise typer.Exit(end.code)


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
                "sheets, notes and macros are not copied; they are listed."
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
