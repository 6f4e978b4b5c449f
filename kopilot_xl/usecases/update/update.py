"""Bring the next export into a workbook that is there: what is new, what changed, what vanished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Status
from kopilot_xl.errors import BookError, UsageError
from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.einvoices.output import InvoicePair, read_invoices
from kopilot_xl.importing.output import Pair, read_pair
from kopilot_xl.importing.summary import FileSummary, Verdict
from kopilot_xl.texts import t
from kopilot_xl.usecases.refresh import check, refresh
from kopilot_xl.usecases.result import RefreshResult
from kopilot_xl.usecases.update.merging import (
    Change,
    ClientMerge,
    TransactionMerge,
    TransactionRow,
    merge_clients,
    merge_transactions,
)
from kopilot_xl.usecases.update.remembering import over, remember, remembered
from kopilot_xl.usecases.update.rows import (
    client_rows,
    incoming_clients,
    incoming_transactions,
    own_columns,
    transaction_rows,
)
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.saving import write_atomically
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import clients, settings, sources, transactions
from kopilot_xl.workbook.sheets.client_facts import fill_formulas
from kopilot_xl.workbook.sheets.client_formulas import MACRO_FREE
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from kopilot_xl.workbook.sheets.sources import CLIENTS, INVOICES, TRANSACTIONS, Memory
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank
from kopilot_xl.workbook.tables.table import same_name

Files = str | PathLike[str] | Sequence[str | PathLike[str]]

_CLIENT_FIELDS = {"name": clients.NAME, "created": clients.CREATED_ON}
_TRANSACTION_FIELDS = {
    "client": transactions.CLIENT_ID,
    "issued": transactions.ISSUE_DATE,
    "amount": transactions.AMOUNT,
    "status": transactions.STATUS,
    "reference": transactions.REFERENCE,
}


@dataclass(frozen=True)
class Updated:
    """What an export brought to a workbook, or would bring.

    Attributes:
        path: the workbook.
        choices: how the files were read.
        verdict: the figures of the import.
        clients: what it did to the clients.
        transactions: what it did to the transactions.
        known: the transactions as the workbook had them, which the indexes of `transactions` name.
        names: the names of the clients that changed, vanished or moved, by key.
        moved: the clients whose segment is another because of it: key, segment before, segment now.
        fulfilled: how many plans more are fulfilled.
        removed: whether the transactions that vanished were removed.
        result: the refresh that followed; None where none was wanted.
        written: whether the workbook was written.
        remembers: whether it remembers where its data came from.
    """

    path: Path
    choices: Sequence[FileSummary]
    verdict: Verdict
    clients: ClientMerge
    transactions: TransactionMerge
    known: Sequence[TransactionRow]
    names: Mapping[str, str]
    moved: Sequence[tuple[str, Segment | None, Segment | None]]
    fulfilled: int
    removed: bool
    result: RefreshResult | None
    written: bool
    remembers: bool

    @property
    def is_news(self) -> bool:
        """Whether the export had anything that the workbook had not."""
        merge = self.transactions
        return bool(self.clients.added or self.clients.changed or merge.added or merge.changed or self.removed)

    @property
    def amount_added(self) -> float:
        """The sum of the new transactions that are neither planned, draft nor canceled, credit notes included."""
        return round(sum(row.amount or 0.0 for row in self.transactions.added if _counts(row)), 2)

    def status_changes(self) -> list[tuple[str, str, int]]:
        """How many transactions went from one status to another."""
        pairs = Counter(
            (str(change.before["status"]) or "blank", str(change.after["status"]))
            for change in self.transactions.changed
            if "status" in change.after
        )
        return [(before, after, count) for (before, after), count in pairs.most_common()]


def update(
    path: str | PathLike[str],
    clients: Files | None = None,
    transactions: Files | None = None,
    *,
    as_of: date | None = None,
    date_order: DateOrder | str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str] | None = None,
    statuses: Mapping[str, str] | None = None,
    sheet: str | None = None,
    currency: str | None = None,
    year: int | None = None,
    invoices: Files | None = None,
    company: str | None = None,
    accept: bool = False,
    remove_vanished: bool = False,
    dry_run: bool = False,
    no_refresh: bool = False,
    now: datetime | None = None,
    waiting: Callable[[str], None] | None = None,
) -> Updated:
    """Bring the next export into a workbook, and refresh it.

    Clients are the same by id; transactions by client and number, or by client, day and amount where the export has no
    numbers. What the user typed, decided or added stays as it is. The version before is kept beside the workbook.

    Args:
        path: the workbook.
        clients: lists of clients, as for `new`; without them and without transactions those that it remembers.
        transactions: their invoices.
        as_of: the day of the refresh; by default its AsOf setting, or today.
        date_order: how to read a text such as 03/04/2026, `DMY` or `MDY`.
        encoding: of text files.
        columns: our column to a heading of the files.
        statuses: a word of the files to what it means.
        sheet: the sheet of workbooks to read.
        currency: the one currency to take, where the files have several.
        year: of dates that have a day and a month only.
        invoices: e-invoices instead of exports: files, folders, ZIP archives.
        company: the name or a number of the party whose books these are.
        accept: go on where a figure says that something may be wrong.
        remove_vanished: clear the rows of transactions that earlier imports brought and the export no longer has.
        dry_run: say what would come, and write nothing.
        no_refresh: leave the refresh for later.
        now: the local time that counts as now.
        waiting: called with a line to show, if another process has to finish with the file first.

    Raises:
        BookError: it is not a Kopilot workbook, or an export cannot be read.
        MissingError: a column is not known, or a table of the workbook is not there.
        QuestionError: the files leave a doubt; the text names the option that settles it.
        SaveError: the workbook cannot be written, or was changed meanwhile. As with the others, nothing was changed.
        UsageError: no files are named, and the workbook remembers none.
    """
    book, now = open_book(path), now or datetime.now()
    given = ImportChoices(
        DateOrder(date_order) if date_order else None, encoding, columns or {}, statuses or {}, sheet, currency, year,
        accept, company,
    )  # fmt: skip
    with book.locked(backup=not dry_run, waiting=waiting):
        if not is_kopilot_book(book):
            raise BookError(f"{book.path} is not a Kopilot workbook. Make one of your exports with kopilot-xl new.")
        held = book.path.read_bytes()
        memory = sources.read(book)
        files, known_choices = remembered(memory, book.path.parent)
        if clients is not None or transactions is not None or invoices is not None:
            named = ((CLIENTS, clients), (TRANSACTIONS, transactions), (INVOICES, invoices))
            files = {table: _named(paths) for table, paths in named if paths}
        if not files:
            raise UsageError(
                "name the export: --clients and --transactions. The workbook does not know where its data come from.",
                "transactions",
            )
        order = settings.read(book).date_order
        pair: Pair
        choices = over(known_choices, given)
        if INVOICES in files:
            pair = read_invoices(files[INVOICES], choices, lambda key: memory is not None and memory.has(INVOICES, key))
        else:
            pair = read_pair(files.get(CLIENTS), files.get(TRANSACTIONS), choices, now.date())
        _check_currency(pair, settings.read(book).currency)
        before = check(open_book(book.path), as_of, now=now) if not no_refresh else None
        merges = _merged(book, pair, memory, order, has_clients=CLIENTS in files)
        with TemporaryDirectory() as folder:
            draft = Path(folder, book.path.name)
            _write(book, pair, merges, remove_vanished)
            remembers = remember(book, book.path.parent, files, choices, pair, memory, now.date())
            book.save(draft)
            result = refresh(open_book(draft), as_of, now=now) if not no_refresh else None
            if not dry_run:
                write_atomically(book.path, draft.read_bytes(), instead_of=held, backup=True)
    return _updated(book.path, pair, merges, before, result, remove_vanished, written=not dry_run, remembers=remembers)


def _check_currency(pair: Pair, currency: str) -> None:
    """Refuse to add up two currencies.

    Raises:
        QuestionError: the export is in another currency than the workbook.
    """
    if pair.currency and currency and pair.currency.casefold() != currency.casefold():
        raise QuestionError(
            t(
                "The export is in {one}, and the workbook in {other}: nothing was changed. If all its amounts are in "
                "{one}, write {one} into Currency on Settings; else export what is in {other}.",
                one=pair.currency,
                other=currency,
            ),
            "other-currency",
        )


@dataclass(frozen=True)
class _Merges:
    """What is in the workbook, and what the export does to it."""

    client_data: TableData
    transaction_data: TableData
    known: Sequence[TransactionRow]
    clients: ClientMerge
    transactions: TransactionMerge
    names: Mapping[str, str]


def _named(files: Files) -> list[str]:
    several = [files] if isinstance(files, str | PathLike) else files
    return [str(file) for file in several]


def _merged(
    book: FileBook, pair: Pair, memory: Memory | None, order: DateOrder | None, *, has_clients: bool
) -> _Merges:
    client_data, transaction_data = book.table(clients.TABLE.name), book.table(transactions.TABLE.name)
    own = own_columns(client_data, MACRO_FREE.headers)
    people = client_rows(client_data, own, order)
    known = transaction_rows(transaction_data, order)
    imported_clients = {row.key for row in people if has_clients and memory and memory.has(CLIENTS, row.key)}
    imported = [
        index for index, row in enumerate(known) if memory is not None and memory.has(TRANSACTIONS, row.memory_key)
    ]
    if isinstance(pair, InvoicePair) and pair.is_part:
        imported = []  # what was read before is not among these: nothing of it has vanished
    incoming = incoming_clients(pair)
    merge = merge_clients(people, incoming, imported_clients)
    if not has_clients:  # made from the invoices: they know a client's name, but not when it was created
        merge = ClientMerge((), merge.added, merge.unchanged + len(merge.changed), ())
    names = {row.key: row.name or row.id for row in (*incoming, *people)}
    filled = [index for index, row in enumerate(known) if row.key or row.issued or row.amount is not None]
    used = [known[index] for index in filled]
    at = {index: position for position, index in enumerate(filled)}
    found = merge_transactions(used, incoming_transactions(pair), {at[index] for index in imported if index in at})
    return _Merges(client_data, transaction_data, known, merge, _moved_back(found, filled), names)


def _moved_back(merge: TransactionMerge, filled: Sequence[int]) -> TransactionMerge:
    """Return a merge of the filled rows with the indexes of all rows."""
    return replace(
        merge,
        changed=[replace(change, index=filled[change.index]) for change in merge.changed],
        vanished=[filled[index] for index in merge.vanished],
        by_hand=[filled[index] for index in merge.by_hand],
        same_as_by_hand=[filled[index] for index in merge.same_as_by_hand],
        answers=[replace(answer, index=filled[answer.index]) for answer in merge.answers],
    )


def _write(book: FileBook, pair: Pair, merges: _Merges, remove_vanished: bool) -> None:
    """Write what changes; a table that nothing happens to is left alone."""
    merge = merges.clients
    if merge.changed or merge.added:
        headers = {name: column.header for name, column in _CLIENT_FIELDS.items()}
        added = [
            {clients.CLIENT_ID.header: row.id, clients.NAME.header: row.name, clients.CREATED_ON.header: row.created}
            | dict(row.own)
            for row in merge.added
        ]
        _write_rows(book, merges.client_data, merge.changed, headers, added, ())
        if merge.added:
            height = len(merges.client_data.rows) + _growth(merges.client_data, len(added))
            fill_formulas(book, height)
    found = merges.transactions
    cleared = found.vanished if remove_vanished else ()
    if found.changed or found.added or cleared:
        headers = {name: column.header for name, column in _TRANSACTION_FIELDS.items()}
        added = [
            {
                headers["client"]: row.client, headers["issued"]: row.issued, headers["amount"]: row.amount,
                headers["status"]: row.status or None, headers["reference"]: row.reference or None,
            }
            for row in found.added
        ]  # fmt: skip
        _write_rows(book, merges.transaction_data, found.changed, headers, added, cleared)


def _write_rows(
    book: FileBook,
    data: TableData,
    changed: Sequence[Change],
    headers: Mapping[str, str],
    added: Sequence[Mapping[str, object]],
    cleared: Sequence[int],
) -> None:
    """Change, clear and append rows of a table; the columns it names are those of the user's that an export has."""
    positions = {same_name(header): index for index, header in reversed(list(enumerate(data.headers)))}
    wanted = dict.fromkeys([*headers.values(), *(heading for row in added for heading in row)])
    if data.name == clients.TABLE.name:
        wanted = dict.fromkeys([clients.CLIENT_ID.header, *wanted])
    wanted |= dict.fromkeys(name for change in changed for name in change.after if name not in headers)
    columns: dict[str, list[Value]] = {}
    for heading in wanted:
        index = positions.get(same_name(heading))
        if index is not None:
            columns[data.headers[index]] = [row[index] for row in data.rows]
    by_name = {same_name(header): header for header in columns}

    def put(row: int, heading: str, value: Any) -> None:
        header = by_name.get(same_name(heading))
        if header is not None:
            columns[header][row] = value

    for change in changed:
        for name, value in change.after.items():
            put(change.index, headers.get(name, name), value)
    for row in cleared:
        for heading in list(columns):
            columns[heading][row] = None
    start = _first_free(data)
    for column in columns.values():
        column.extend([None] * _growth(data, len(added)))
    for number, fields in enumerate(added, start):
        for heading, value in fields.items():
            put(number, heading, value)
    book.write_table(data.name, columns)


def _first_free(data: TableData) -> int:
    """The index of the row after the last one with something in it."""
    last = -1
    for index, row in enumerate(data.rows):
        if not all(map(is_blank, row)):
            last = index
    return last + 1


def _growth(data: TableData, added: int) -> int:
    """How many rows a table must grow by to take so many more."""
    return max(_first_free(data) + added - len(data.rows), 0)


def _counts(row: TransactionRow) -> bool:
    try:
        return transactions.read_status(row.status) is Status.ISSUED
    except UnreadableError:
        return True


def _updated(
    path: Path,
    pair: Pair,
    merges: _Merges,
    before: RefreshResult | None,
    result: RefreshResult | None,
    remove_vanished: bool,
    *,
    written: bool,
    remembers: bool,
) -> Updated:
    moved: list[tuple[str, Segment | None, Segment | None]] = []
    fulfilled = 0
    if before is not None and result is not None:
        old = {client.key: client.segment for client in before.clients}
        moved = [
            (client.key, old.get(client.key), client.segment)
            for client in result.clients
            if old.get(client.key) is not client.segment
        ]
        fulfilled = result.actions[ActionStatus.FULFILLED] - before.actions[ActionStatus.FULFILLED]
    return Updated(
        path=path,
        choices=pair.files,
        verdict=pair.verdict,
        clients=merges.clients,
        transactions=merges.transactions,
        known=merges.known,
        names=merges.names,
        moved=moved,
        fulfilled=max(fulfilled, 0),
        removed=remove_vanished and bool(merges.transactions.vanished),
        result=result,
        written=written,
        remembers=remembers,
    )
