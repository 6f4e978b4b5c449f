"""What a refresh writes beside each client of the macro-free edition: facts, and what the formulas over them show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from kopilot_xl.domain.facts import ClientFacts
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import CutOffs
from kopilot_xl.workbook.book import Book, ErrorValue, Value
from kopilot_xl.workbook.sheets import client_formulas as columns
from kopilot_xl.workbook.sheets.clients import (
    CLIENT_ID,
    CREATED_ON,
    LAST_INVOICE,
    LEAVES_ON,
    NEXT_ACTION,
    NEXT_PLANNED,
    SEGMENT,
    TABLE,
    VALUE,
    ClientRows,
    fill_links,
)
from kopilot_xl.workbook.sheets.facts import is_macro_free
from kopilot_xl.workbook.tables.table import Column, TableRows

NEVER = date(9999, 12, 31)
"""The creation date of a row that is no client, as one with the id of a row above: it never is one."""
_OLDEST = date(1904, 1, 2)
"""A date before it is not a number in each date system. Who was invoiced or created before is lost anyway."""
_NOON = time(12)

Cells = dict[str, Value]
"""The cells of a row by the headers of their columns."""


def fill(
    book: Book,
    rows: ClientRows,
    clients: Sequence[Client],
    facts: Sequence[ClientFacts],
    cut: CutOffs,
    log: TableRows,
    logged: Mapping[str, int],
) -> None:
    """Write the facts of each client, and what the formulas over them show on the day.

    Args:
        book: where to.
        rows: the clients as they were read.
        clients: the same clients as of the day.
        facts: what is known of them.
        cut: the dates that part the segments on the day.
        log: the table of the log.
        logged: how many rows of it are about each client, by key.
    """
    table, data = rows.rows, rows.rows.data
    ids, created = _column(table, CLIENT_ID), _column(table, CREATED_ON)
    slots = _slots(data.headers)
    shown = [_no_client(*written) for written in zip(ids, created, strict=True)]
    keys: list[str | None] = [None] * len(data.rows)
    for position, client, known in zip(rows.positions, clients, facts, strict=True):
        index = table.indices[position]
        keys[index] = client.key
        shown[index] = _client(client, known.first(slots), ids[index], created[index], cut)
    for column in columns.STORED:
        _write_stored(book, table, column, [cells.get(column.header) for cells in shown])
    for column in (*columns.CALCULATED, VALUE):
        values = [cells.get(column.header) for cells in shown]
        book.write_column(data.name, column.header, values, formula=column.formula)
    fill_links(book, rows, log, [logged.get(key) if key else None for key in keys])


def rows_with_facts(rows: ClientRows) -> int:
    """Return how many rows of the table have facts: all that have an id."""
    return sum(not _is_nameless(value) for value in _column(rows.rows, CLIENT_ID))


def fill_formulas(book: Book, height: int) -> None:
    """Write the formulas of either edition into a table Clients of so many rows, before a refresh knows the results."""
    blank: list[Value] = [None] * height
    calculated = columns.CALCULATED if is_macro_free(book) else (SEGMENT,)
    for column in calculated:
        book.write_column(TABLE.name, column.header, blank, formula=column.formula)


def _column(table: TableRows, column: Column) -> list[Value]:
    """The cells of a column, of all rows, the blank ones too."""
    if column.header in table.data.held:
        return list(table.data.held[column.header])
    at = table.position(column)
    return [None if at is None else row[at] for row in table.data.rows]


def _slots(headers: Sequence[str]) -> int:
    """How many coming days a table has columns for."""
    return next((at for at, column in enumerate(columns.DAYS) if column.header not in headers), columns.SLOTS)


def _client(client: Client, facts: ClientFacts, written_id: Value, written: Value, cut: CutOffs) -> Cells:
    """The cells of a client."""
    created = client.created_on and max(client.created_on, _OLDEST)
    last = facts.last_invoice and max(facts.last_invoice, _OLDEST)
    days = [each.day for each in facts.coming if not facts.mark and each.day <= cut.horizon]
    advice = client.segment and client.segment.advice
    cells: Cells = {
        columns.FACTS_OF.header: written_id,
        columns.CREATED_AS_READ.header: None if _as_a_formula_reads(written) == client.created_on else created or 0,
        columns.FIRST_INVOICE.header: facts.first_invoice and max(facts.first_invoice, _OLDEST),
        columns.LAST_THEN.header: last,
        columns.MARK_THEN.header: facts.mark and facts.mark.value,
        columns.MARKED_ON.header: facts.marked_on,
        columns.EXACT_UNTIL.header: facts.exact_until,
        columns.SEGMENT_THEN.header: client.segment and client.segment.value,
        columns.NEXT_THEN.header: client.next_planned,
        columns.UNPAID_THEN.header: client.unpaid_since,
        columns.ACTION_THEN.header: None if client.next_action == advice else client.next_action or None,
        columns.HAS_FACTS.header: True,
        columns.CREATED.header: created or 0,
        columns.LAST.header: last or 0,
        columns.MARK.header: facts.mark and facts.mark.value,
        columns.COMING.header: len(days),
        SEGMENT.header: client.segment and client.segment.value,
        LAST_INVOICE.header: client.last_invoice,
        NEXT_PLANNED.header: client.next_planned,
        LEAVES_ON.header: client.leaves_on,
        NEXT_ACTION.header: client.next_action or None,
        VALUE.header: client.value,
    }
    for column, coming in zip(columns.DAYS, facts.coming, strict=False):
        cells[column.header] = datetime.combine(coming.day, _NOON) if coming.is_invoice else coming.day
    return cells


def _no_client(written_id: Value, written: Value) -> Cells:
    """The cells of a row that is no client: without an id, or with one of a row above."""
    nameless = _is_nameless(written_id)
    read = _as_a_formula_reads(written)
    return {
        columns.FACTS_OF.header: None if nameless else written_id,
        columns.CREATED_AS_READ.header: None if nameless else NEVER,
        columns.HAS_FACTS.header: not nameless,
        columns.CREATED.header: (0 if read is None else read) if nameless else NEVER,
        columns.LAST.header: 0,
        columns.COMING.header: 0,
    }


def _is_nameless(written_id: Value) -> bool:
    return written_id is None or written_id == "" or isinstance(written_id, ErrorValue)


def _as_a_formula_reads(written: Value) -> date | float | None:
    """What a formula takes a creation date for: a number as it is, no text as a date."""
    if isinstance(written, datetime):
        return written.date()
    if isinstance(written, bool):
        return None
    return written if isinstance(written, date | int | float) else None


def _write_stored(book: Book, table: TableRows, column: Column, values: Sequence[Value]) -> None:
    """Write the cells of a column that change: most facts are blank for most clients."""
    held = _column(table, column)
    changed = {
        index: value
        for index, (value, before) in enumerate(zip(values, held, strict=True))
        if value != before or type(value) is not type(before)
    }
    if changed:
        book.write_cells(table.data.name, column.header, changed)
