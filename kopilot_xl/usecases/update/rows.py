"""The rows of a workbook and of an export, in the form in which they are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache

from kopilot_xl.domain.ids import shown_id
from kopilot_xl.domain.transactions import Status
from kopilot_xl.importing.output import Pair
from kopilot_xl.usecases.update.merging import ClientRow, TransactionRow, id_key, memory_key, number_key
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.sheets import clients, transactions
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, is_blank, read_amount, read_date
from kopilot_xl.workbook.tables.table import Column, same_name


def incoming_clients(pair: Pair) -> list[ClientRow]:
    """Return the clients of an import."""
    return client_rows(pair.clients.data, pair.clients.own, None)


def incoming_transactions(pair: Pair) -> list[TransactionRow]:
    """Return the transactions of an import."""
    return transaction_rows(pair.transactions.data, None)


def memory_keys(pair: Pair) -> Iterator[tuple[object, ...]]:
    """Yield what each transaction of an import is known by again; nothing else of it is kept in memory."""
    data = pair.transactions.data
    at = _indices(data, *transactions.TABLE.columns)
    client, issued, amount, reference = (
        at[column]
        for column in (
            transactions.CLIENT_ID, transactions.ISSUE_DATE, transactions.AMOUNT, transactions.REFERENCE,
        )
    )  # fmt: skip
    for row in data.rows:
        number = number_key(_text(_cell(row, reference)))
        day, sum_of = (None, None) if number else (_day(_cell(row, issued), None), _amount(_cell(row, amount)))
        yield memory_key(id_key(_text(_cell(row, client))), number, day, sum_of)


def client_rows(data: TableData, own: Mapping[str, Sequence[Value]], order: DateOrder | None) -> list[ClientRow]:
    """Return the rows of a table of clients, blank ones included; `own` are columns of the user's."""
    at = _indices(data, clients.CLIENT_ID, clients.NAME, clients.CREATED_ON)
    return [
        ClientRow(
            id=_text(_cell(row, at[clients.CLIENT_ID])),
            name=_text(_cell(row, at[clients.NAME])) or None,
            created=_day(_cell(row, at[clients.CREATED_ON]), order),
            own={heading: values[number] for heading, values in own.items()},
        )
        for number, row in enumerate(data.rows)
    ]


def transaction_rows(data: TableData, order: DateOrder | None) -> list[TransactionRow]:
    """Return the rows of a table of transactions, blank ones included."""
    at = _indices(data, *transactions.TABLE.columns)
    planned = cache(_is_planned)  # there are a handful of words
    client, issued, amount, status, reference = (
        _column(data, at[column])
        for column in (
            transactions.CLIENT_ID, transactions.ISSUE_DATE, transactions.AMOUNT, transactions.STATUS,
            transactions.REFERENCE,
        )
    )  # fmt: skip
    words = list(map(_text, status))
    return [
        TransactionRow(*fields)
        for fields in zip(
            map(_text, client),
            [value if type(value) is date else _day(value, order) for value in issued],
            [value if type(value) is float else _amount(value) for value in amount],
            words,
            map(_text, reference),
            map(planned, words),
            strict=True,
        )
    ]


def _column(data: TableData, index: int | None) -> list[Value]:
    return [None if index is None or index >= len(row) else row[index] for row in data.rows]


def own_columns(data: TableData, table_headers: Sequence[str]) -> dict[str, list[Value]]:
    """Return the columns of a table that are the user's own, by heading."""
    ours = {same_name(header) for header in table_headers}
    return {
        header: [_cell(row, index) for row in data.rows]
        for index, header in enumerate(data.headers)
        if header and same_name(header) not in ours
    }


def _indices(data: TableData, *columns: Column) -> dict[Column, int | None]:
    positions = {same_name(header): index for index, header in reversed(list(enumerate(data.headers)))}
    return {column: positions.get(same_name(column.header)) for column in columns}


def _cell(row: Sequence[Value], index: int | None) -> Value:
    return None if index is None or index >= len(row) else row[index]


def _text(value: Value) -> str:
    if type(value) is str:
        return value.strip()
    return "" if is_blank(value) else shown_id(value)


def _day(value: Value, order: DateOrder | None) -> date | None:
    try:
        return read_date(value, order)
    except UnreadableError:
        return None


def _amount(value: Value) -> float | None:
    try:
        return read_amount(value)
    except UnreadableError:
        return None


def _is_planned(status: str) -> bool:
    try:
        return transactions.read_status(status) is Status.PLANNED
    except UnreadableError:
        return False
