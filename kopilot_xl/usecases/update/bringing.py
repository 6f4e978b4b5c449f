"""Compare an export with a workbook's rows, and write what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kopilot_xl.importing.adopted import writable
from kopilot_xl.importing.einvoices.output import InvoicePair
from kopilot_xl.importing.output import Pair
from kopilot_xl.usecases.update.merging import (
    Change,
    ClientMerge,
    ClientRow,
    TransactionMerge,
    TransactionRow,
    merge_clients,
    merge_transactions,
)
from kopilot_xl.usecases.update.rows import (
    client_rows,
    incoming_clients,
    incoming_transactions,
    own_columns,
    transaction_rows,
)
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml.edits import KEEP
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.sheets.client_facts import fill_formulas
from kopilot_xl.workbook.sheets.client_formulas import MACRO_FREE
from kopilot_xl.workbook.sheets.sources import CLIENTS, TRANSACTIONS, Memory
from kopilot_xl.workbook.tables.parsing import DateOrder, is_blank
from kopilot_xl.workbook.tables.table import same_name

_CLIENT_FIELDS = {"name": clients.NAME, "created": clients.CREATED_ON}
_TRANSACTION_FIELDS = {
    "client": transactions.CLIENT_ID,
    "issued": transactions.ISSUE_DATE,
    "amount": transactions.AMOUNT,
    "status": transactions.STATUS,
    "reference": transactions.REFERENCE,
}


@dataclass(frozen=True)
class Merges:
    """What is in the workbook, what is in the export, and what the export does to it."""

    client_data: TableData
    transaction_data: TableData
    known: Sequence[TransactionRow]
    clients: ClientMerge
    transactions: TransactionMerge
    names: Mapping[str, str]
    incoming_clients: Sequence[ClientRow]
    incoming: Sequence[TransactionRow]
    by_name: bool = False
    """whether transactions tell their client by name, as in a workbook of the owner's"""
    is_own: bool = False
    """whether the tables are the owner's, whose other cells are left alone"""


@dataclass(frozen=True)
class Imported:
    """The indexes of the rows that earlier imports brought; each is looked up when it is asked for, as few are."""

    memory: Memory | None
    rows: Sequence[TransactionRow]

    def __contains__(self, index: object) -> bool:
        return (
            self.memory is not None
            and isinstance(index, int)
            and self.memory.has(TRANSACTIONS, self.rows[index].memory_key)
        )


def merged(
    book: FileBook, pair: Pair, memory: Memory | None, order: DateOrder | None, today: date, *, has_clients: bool
) -> Merges:
    """Compare an export with the rows of a workbook.

    Args:
        book: the workbook.
        pair: the export.
        memory: what the workbook remembers of earlier imports.
        order: how dates typed as text are read in the workbook.
        today: what counts as today.
        has_clients: whether the export has a list of clients; without, its clients are those of its invoices.

    Raises:
        BookError: the tables are the owner's, and are not such that rows can be added.
    """
    adopted = writable(book, order, today)
    if adopted is not None:
        client_data, transaction_data = adopted.clients, adopted.transactions
    else:
        client_data, transaction_data = book.table(clients.TABLE.name), book.table(transactions.TABLE.name)
    own = own_columns(client_data, MACRO_FREE.headers)
    people = client_rows(client_data, own, order)
    known = transaction_rows(transaction_data, order)
    imported_clients = {row.key for row in people if has_clients and memory and memory.has(CLIENTS, row.key)}
    incoming, rows = incoming_clients(pair), incoming_transactions(pair)
    if adopted is not None and adopted.without_ids:
        named = {row.key: row.name or row.id for row in incoming}
        incoming = [replace(row, id=row.name or row.id) for row in incoming]
        rows = [replace(row, client=named.get(row.key, row.client)) for row in rows]
    merge = merge_clients(people, incoming, imported_clients)
    if not has_clients:  # made from the invoices: they know a client's name, but not when it was created
        merge = ClientMerge((), merge.added, merge.unchanged + len(merge.changed), ())
    names = {row.key: row.name or row.id for row in (*incoming, *people)}
    filled = [index for index, row in enumerate(known) if row.key or row.issued or row.amount is not None]
    used = [known[index] for index in filled]
    # Of e-invoices, what was read before is not among these: nothing of it has vanished.
    is_part = isinstance(pair, InvoicePair) and pair.is_part
    imported = Imported(None if is_part else memory, used)
    found = merge_transactions(used, rows, imported)
    by_name, is_own = adopted is not None and adopted.by_name, adopted is not None
    moved = _moved_back(found, filled)
    return Merges(client_data, transaction_data, known, merge, moved, names, incoming, rows, by_name, is_own)


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


def write(book: FileBook, merges: Merges, *, remove_vanished: bool) -> None:
    """Write what an export changes; a table that nothing happens to is left alone.

    Args:
        book: the workbook.
        merges: what the export changes.
        remove_vanished: clear the transactions that earlier imports brought and the export no longer has.
    """
    merge = merges.clients
    client_data, transaction_data = merges.client_data, merges.transaction_data
    if merges.is_own:
        client_data, transaction_data = book.table(clients.TABLE.name), book.table(transactions.TABLE.name)
    if merge.changed or merge.added:
        headers = {name: column.header for name, column in _CLIENT_FIELDS.items()}
        added = [
            {clients.CLIENT_ID.header: row.id, clients.NAME.header: row.name, clients.CREATED_ON.header: row.created}
            | dict(row.own)
            for row in merge.added
        ]
        _write_rows(book, client_data, merge.changed, headers, added, (), keep=merges.is_own)
        if merge.added and not merges.is_own:
            height = len(client_data.rows) + _growth(client_data, len(added))
            fill_formulas(book, height)
    found = merges.transactions
    cleared = found.vanished if remove_vanished else ()
    if found.changed or found.added or cleared:
        headers = {name: column.header for name, column in _TRANSACTION_FIELDS.items()}
        added = [
            {
                headers["client"]: merges.names.get(row.key, row.client) if merges.by_name else row.client,
                headers["issued"]: row.issued, headers["amount"]: row.amount,
                headers["status"]: row.status or None, headers["reference"]: row.reference or None,
            }
            for row in found.added
        ]  # fmt: skip
        _write_rows(book, transaction_data, found.changed, headers, added, cleared, keep=merges.is_own)


def _write_rows(
    book: FileBook,
    data: TableData,
    changed: Sequence[Change],
    headers: Mapping[str, str],
    added: Sequence[Mapping[str, object]],
    cleared: Sequence[int],
    *,
    keep: bool = False,
) -> None:
    """Change, clear and append rows of a table; the columns it names are those of the user's that an export has.

    With `keep`, cells that nothing happens to are left alone, and new rows get the formulas of calculated columns.
    """
    positions = {same_name(header): index for index, header in reversed(list(enumerate(data.headers)))}
    wanted = dict.fromkeys([*headers.values(), *(heading for row in added for heading in row)])
    if data.name == clients.TABLE.name:
        wanted = dict.fromkeys([clients.CLIENT_ID.header, *wanted])
    wanted |= dict.fromkeys(name for change in changed for name in change.after if name not in headers)
    columns: dict[str, list[Value]] = {}
    for heading in wanted:
        index = positions.get(same_name(heading))
        if index is not None:
            held: list[Any] = [KEEP] * len(data.rows) if keep else [row[index] for row in data.rows]
            columns[data.headers[index]] = held
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
    if keep:
        book.fill_calculated(data.name, start, len(added), exclude=columns)


def _first_free(data: TableData) -> int:
    """The index of the row after the last one with something in it."""
    for index in range(len(data.rows) - 1, -1, -1):
        if not all(map(is_blank, data.rows[index])):
            return index + 1
    return 0


def _growth(data: TableData, added: int) -> int:
    """How many rows a table must grow by to take so many more."""
    return max(_first_free(data) + added - len(data.rows), 0)
