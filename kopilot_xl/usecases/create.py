"""New workbooks: an empty one, one filled from exports, and the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from kopilot_xl.errors import BookError, KopilotError, OutputError, SaveError, UsageError
from kopilot_xl.importing.choices import ImportChoices
from kopilot_xl.texts import t
from kopilot_xl.texts.languages import checked
from kopilot_xl.usecases.databases import fetched, is_address
from kopilot_xl.usecases.gc_pause import collector_at_rest
from kopilot_xl.usecases.load import check_load
from kopilot_xl.workbook import outputs
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.drafts import draft_folder
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import clients as clients_sheet
from kopilot_xl.workbook.sheets import settings, sources
from kopilot_xl.workbook.sheets.client_facts import fill_formulas
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Format
from kopilot_xl.workbook.template import MACRO_FREE_TEMPLATE, TEMPLATE, TEMPLATES, template_for

if TYPE_CHECKING:
    from kopilot_xl.importing.output import ImportedTable, Pair
    from kopilot_xl.importing.summary import FileSummary, Verdict
    from kopilot_xl.usecases.result import RefreshResult
    from kopilot_xl.workbook.file.book import FileBook

Files = str | PathLike[str] | Sequence[str | PathLike[str]]
SUFFIX, MACRO_FREE_SUFFIX = TEMPLATE.suffix, MACRO_FREE_TEMPLATE.suffix
"""The endings of a workbook with macros and of one without."""
SAMPLE = "kopilot-demo.xlsm"
"""Where the sample workbook is written, unless it is said."""
MOST_ROWS = 1_048_000
"""How many rows of data a sheet has room for, with something to spare."""


@dataclass(frozen=True)
class Created:
    """A new workbook.

    Attributes:
        path: where it is; of a trial, where it would be.
        clients: how many clients are in it.
        transactions: how many transactions are in it.
        choices: how each file was read.
        verdict: the figures to check against the books, None where there were no files.
        result: of a trial, the portfolio as of the files' last invoice.
    """

    path: Path
    clients: int = 0
    transactions: int = 0
    choices: Sequence[FileSummary] = ()
    verdict: Verdict | None = None
    result: RefreshResult | None = None


def new(
    path: str | PathLike[str] | None = None,
    clients: Files | None = None,
    transactions: Files | None = None,
    *,
    date_order: DateOrder | str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    statuses: Mapping[str, str] | None = None,
    sheet: str | None = None,
    currency: str | None = None,
    year: int | None = None,
    invoices: Files | None = None,
    company: str | None = None,
    language: str | None = None,
    accept: bool = False,
    trial: bool = False,
    force: bool = False,
) -> Created:
    """Make a new workbook, empty or filled from exports.

    Args:
        path: where to; it ends in .xlsm, or in .xlsx for a workbook without macros. None for a trial.
        clients: lists of clients: files, folders or patterns. Without, the clients are made from the transactions.
        transactions: their invoices, as well.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`; the workbook keeps it as its setting.
        encoding: of text files.
        columns: our column to a heading of the files, as in `{"Client": "Odběratel"}`.
        statuses: a word of the files to what it means, as in `{"Te laat": "Overdue"}`.
        sheet: the sheet of workbooks to read.
        currency: the one currency to take, where the files have several.
        year: of dates that have a day and a month only.
        invoices: e-invoices instead of exports: files, folders, ZIP archives.
        company: the name or a number of the party whose books these are; by default the one most e-invoices name.
        language: the code of the language in which a refresh writes the workbook; English by default.
        accept: go on where a figure says that something may be wrong.
        trial: write nothing, and return the portfolio as of the files' last invoice.
        force: replace an existing file; it is kept beside as a backup.

    Raises:
        BookError: an export cannot be read, or has more rows than a sheet.
        MissingError: a column of an export is not known.
        QuestionError: the files leave a doubt; the text names the option that settles it.
        SaveError: the workbook cannot be written, or is there already.
        UsageError: the arguments do not fit together.
        ValueError: there is no such date order, or language.
    """
    spoken = language if language is None else checked(language)
    choices = ImportChoices(
        DateOrder(date_order) if date_order else None, encoding, columns or {}, statuses or {}, sheet, currency, year,
        accept, company,
    )  # fmt: skip
    if trial:
        return _tried(Path(path or f"Portfolio{SUFFIX}"), clients, transactions, choices, invoices)
    if path is None:
        raise UsageError(t("name the workbook to make, or look first with a trial."), "path")
    if not force and Path(path).exists() and _is_ours(Path(path)):
        raise SaveError(
            t(
                "{path} is there already, and is a Kopilot workbook: kopilot-xl update brings an export into it. For a "
                "new one, choose another name.",
                path=path,
            )
        )
    target = checked_target(path, force)
    single = [file for file in _several(invoices) if not Path(file).is_dir()]  # workbooks in a folder are not read
    exports = [file for file in (*_several(clients), *_several(transactions)) if not is_address(str(file))]
    inputs = outputs.expanded([*exports, *single])
    outputs.check_no_input(target, inputs)
    with collector_at_rest():
        pair = _read(clients, transactions, choices, invoices)
        if pair is not None and inputs:
            size = sum(file.stat().st_size for file in inputs if file.is_file())
            check_load(target, len(pair.clients.rows), len(pair.transactions.rows), 0, size)
        files_of = _files(clients, transactions, invoices)
        people, rows = _write(target, pair, choices, files_of, outputs.permissions(inputs), spoken)
    if pair is None:
        return Created(target)
    return Created(target, people, rows, pair.files, pair.verdict)


def _tried(
    path: Path, clients: Files | None, transactions: Files | None, choices: ImportChoices, invoices: Files | None
) -> Created:
    from kopilot_xl.usecases.refresh import refresh

    pair = _read(clients, transactions, choices, invoices)
    if pair is None:
        raise UsageError(t("name files to try, of clients or of transactions."), "transactions")
    with draft_folder() as folder:
        draft = Path(folder, f"Trial{SUFFIX}")
        people, rows = _write(draft, pair, choices)
        last = min(pair.verdict.last_issued or date.today(), date.today())
        return Created(path, people, rows, pair.files, pair.verdict, refresh(open_book(draft), last))


def _several(files: Files | None) -> Sequence[str | PathLike[str]]:
    return [] if files is None else [files] if isinstance(files, str | PathLike) else files


def _files(clients: Files | None, transactions: Files | None, invoices: Files | None) -> dict[str, list[str]]:
    """What was named for each table."""
    named = {sources.CLIENTS: clients, sources.TRANSACTIONS: transactions, sources.INVOICES: invoices}
    return {table: list(map(str, _several(files))) for table, files in named.items() if files}


def _write(
    target: Path,
    pair: Pair | None,
    choices: ImportChoices,
    files_of: Mapping[str, Sequence[str]] | None = None,
    at_most: int = outputs.EVERYBODY,
    spoken: str | None = None,
) -> tuple[int, int]:
    """Write the workbook, with these permission bits at most; return how many clients and transactions are in it.

    `files_of` is what it is to remember as the sources of its tables.
    """
    counts = [0, 0]
    with draft_folder() as folder:
        start = template_for(target)
        if pair is not None:
            start = _with_room(start, pair, Path(folder, target.name))
            start.chmod(0o666 & at_most)  # what is saved from it is as private
        book = open_book(start)
        if pair is not None:
            counts = [_fill(book, export) for export in (pair.clients, pair.transactions)]
            if pair.currency:
                book.write_block(settings.CURRENCY.name, [[pair.currency]])
            if files_of:
                from kopilot_xl.usecases.update.choosing import remember_new

                remember_new(book, target.parent, files_of, choices, pair)
        if choices.date_order:
            book.write_block(settings.DATE_ORDER.name, [[choices.date_order.value]])
        if spoken:
            book.write_block(settings.LANGUAGE.name, [[spoken]])
        book.save(target, backup=target.exists())
    return counts[0], counts[1]


def demo(path: str | PathLike[str] = SAMPLE, *, language: str | None = None, force: bool = False) -> RefreshResult:
    """Write the sample workbook, refresh it as of the sample's date and return what was found.

    Args:
        path: where to; it ends in .xlsm, or in .xlsx for a workbook without macros.
        language: the code of the language in which a refresh writes it; English by default.
        force: replace an existing file; one in which actions are recorded is kept beside as a backup.

    Raises:
        SaveError: it cannot be written, or is there already and `force` is not given.
        ValueError: there is no such language.
    """
    from kopilot_xl.usecases.refresh import refresh
    from kopilot_xl.usecases.sample import SAMPLE_DATE, SAMPLE_MOMENT, write_sample

    spoken = language if language is None else checked(language)
    target = checked_target(path, force)
    with draft_folder() as folder:
        draft = Path(folder, target.name)
        write_sample(draft)
        book = open_book(draft)
        if spoken:
            book.write_block(settings.LANGUAGE.name, [[spoken]])
            book.save()
            book = open_book(draft)
        return refresh(book, SAMPLE_DATE, output=target, force=force, now=SAMPLE_MOMENT)


def checked_target(path: str | PathLike[str], force: bool) -> Path:
    """Return where a new workbook is to go, once it is known that it can.

    Raises:
        SaveError: it cannot be written there, or there is a file already and `force` is not given.
    """
    from kopilot_xl.workbook.file.saving import check_writable

    target = Path(path)
    if target.is_dir():
        example = target / "portfolio.xlsm"
        raise SaveError(
            t("{target} is a folder: name a file in it, such as {example}.", target=target, example=example)
        )
    if target.suffix.lower() not in TEMPLATES:
        raise OutputError(
            t(
                "{target} must end in {suffix}, or in {macro_free} for a workbook without macros: {example}.",
                target=target,
                suffix=SUFFIX,
                macro_free=MACRO_FREE_SUFFIX,
                example=f"{target.stem}{SUFFIX}",
            ),
            "book",
        )
    if target.exists() and not force:
        raise SaveError(t("{target} is there already: choose another name, or replace it with --force.", target=target))
    check_writable(target, backup=force)
    return target


def _is_ours(path: Path) -> bool:
    try:
        return is_kopilot_book(open_book(path))
    except KopilotError:
        return False


def _read(
    clients: Files | None, transactions: Files | None, choices: ImportChoices, invoices: Files | None = None
) -> Pair | None:
    from kopilot_xl.importing.output import read_pair

    if invoices is not None:
        if clients is not None or transactions is not None:
            raise UsageError(t("e-invoices name their clients themselves: give --invoices alone."), "invoices")
        from kopilot_xl.importing.einvoices.output import read_invoices

        return _fitting(read_invoices([str(file) for file in _several(invoices)], choices))
    if clients is None and transactions is None:
        return None
    people, sales = list(map(str, _several(clients))), list(map(str, _several(transactions)))
    with fetched(people) as client_files, fetched(sales) as transaction_files:
        lists = client_files if clients is not None else None
        return _fitting(read_pair(lists, transaction_files if transactions is not None else None, choices))


def _fitting(pair: Pair) -> Pair:
    """Return a pair of tables that fit on sheets.

    Raises:
        BookError: one has too many rows.
    """
    for export in (pair.clients, pair.transactions):
        if len(export.data.rows) > MOST_ROWS:
            raise BookError(
                t(
                    "{file} has {rows:,} rows, and a sheet has room for {room:,}: use kopilot-xl segment, "
                    "which needs no workbook.",
                    file=export.choices.file,
                    rows=len(export.data.rows),
                    room=MOST_ROWS,
                )
            )
    return pair


def _with_room(template: Path, pair: Pair, draft: Path) -> Path:
    """Write the template with room for the exports' texts and the user's own columns; the log's ids are the clients."""
    from kopilot_xl.workbook.file.ooxml.package import Package
    from kopilot_xl.workbook.sheets import actions
    from kopilot_xl.workbook.template.own_columns import widen
    from kopilot_xl.workbook.template.row_heights import make_room, sheets_of

    package = Package(template)
    parts = dict(sheets_of(package))
    if pair.clients.own:
        widen(package, str(parts[clients_sheet.TABLE.name]), _shown(pair.clients.own))
    for export in (pair.clients, pair.transactions):
        texts = {each: export.rows.values(each) for each in export.table.columns if not each.written}
        make_room(package, str(parts[export.table.name]), export.table, texts)
    ids = pair.clients.rows.values(clients_sheet.CLIENT_ID)
    make_room(package, str(parts[actions.TABLE.name]), actions.TABLE, {actions.CLIENT_ID: ids})
    package.save(draft)
    return draft


def _shown(own: Mapping[str, Sequence[Value]]) -> dict[str, str | int]:
    """How each of the user's own columns is shown: days as days, the rest as it is."""
    return {
        header: Format.DATE.value if all(isinstance(each, date) for each in values if each is not None) else 0
        for header, values in own.items()
    }


def _fill(book: FileBook, export: ImportedTable) -> int:
    """Write the rows of an export into its table; return how many there are."""
    rows = export.rows
    written = [each for each in export.table.columns if not each.written]
    columns: dict[str, Sequence[Value]] = {each.header: rows.values(each) for each in written}
    book.write_table(export.table.name, {**columns, **export.own})
    if export.table is clients_sheet.TABLE:
        fill_formulas(book, max(len(rows), 1))
    return len(rows)
