"""The Client sheet: one client picked from a list, all that is known of it found by formulas.

The formulas look everything up in the sheets of `client_data`, so that the card changes with the pick at once, with no
macros and no Python. A refresh gives each of them the value it has for the client that is picked, for programs that
show a workbook without calculating it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from math import fsum

from kopilot_xl.domain import formatting
from kopilot_xl.domain.portfolio import do_next
from kopilot_xl.domain.rules import add_months
from kopilot_xl.errors import MissingError
from kopilot_xl.texts import tn
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import client_data as data
from kopilot_xl.workbook.sheets.client_data import ClientData
from kopilot_xl.workbook.sheets.contacts import Contacts
from kopilot_xl.workbook.sheets.contents import Result

SHEET = "Client"

PICK, LABELS = "ClientPick", "ClientLabels"
"""The cell where a client is picked, and the list it is picked from."""
AS_OF, MONTHS, DAYS, SHARES, BOUND = "ClientAsOf", "ClientMonths", "ClientDays", "ClientYears", "ClientBound"
"""What a refresh writes as values: the day, initials and first days of the months, the years, what is not shown."""
KEYS, STRIP, BARS = "ClientKeys", "ClientStrip", "ClientBars"
"""The blocks of formulas: where the client is found, the segments, what is drawn."""
LATEST = ("ClientRowDay", "ClientRowAmount", "ClientRowKind")
DECISIONS = (
    "ClientDecidedOn", "ClientDecision", "ClientDecisionDay", "ClientDecisionAmount", "ClientDecisionStatus",
    "ClientDecisionNote",
)  # fmt: skip
BY_YEAR = ("ClientYearInvoiced", "ClientYearShare")
"""The lists, a block for each column: it may be several columns of the sheet wide."""
FIGURES: dict[str, int] = {
    "ClientSegment": data.SEGMENT,
    "ClientSegmentNote": data.SEGMENT_NOTE,
    "ClientLast": data.LAST,
    "ClientLastNote": data.LAST_NOTE,
    "ClientUsual": data.USUAL,
    "ClientUsualNote": data.USUAL_NOTE,
    "ClientInvoiced": data.INVOICED,
    "ClientInvoicedNote": data.INVOICED_NOTE,
    "ClientValue": data.VALUE,
    "ClientValueNote": data.VALUE_NOTE,
}
"""The cells of single formulas, and the column of `_Clients` each of them shows."""
PHONE, MAIL = "ClientPhone", "ClientMail"
"""The cells of the contact data, which are looked up in the table Clients."""
LIST_ROWS = 10
"""How many invoices and plans, and how many decisions, are shown: the latest."""
NONE_YET = "None yet."
"""What a formula shows of a client without decisions."""
MONTHS_SHOWN = data.BACK + data.AHEAD

BLOCKS: dict[str, tuple[int, int]] = {
    PICK: (1, 1),
    AS_OF: (1, 1),
    BOUND: (1, 1),
    MONTHS: (2, MONTHS_SHOWN),
    DAYS: (1, MONTHS_SHOWN + 1),
    SHARES: (data.YEARS, 1),
    KEYS: (5, 1),
    STRIP: (1, MONTHS_SHOWN),
    BARS: (2, MONTHS_SHOWN),
    **dict.fromkeys((*LATEST, *DECISIONS), (LIST_ROWS, 1)),
    **dict.fromkeys(BY_YEAR, (data.YEARS, 1)),
    **dict.fromkeys((*FIGURES, PHONE, MAIL), (1, 1)),
}
"""The named blocks and their size in rows and columns; `KEYS` are the row in `_Clients`, then the first row and the
number of rows in `_Rows`, then those in `_Log`."""


def fill(book: Book, result: Result) -> None:
    """Write what the card looks up, and what its formulas show for the client that is picked."""
    found = data.client_data(result)
    for sheet, contents in found.sheets().items():
        book.write_sheet(sheet, contents)
    as_of = found.as_of
    months = [add_months(data.first_month(as_of), at) for at in range(MONTHS_SHOWN + 1)]
    book.write_block(AS_OF, [[as_of]])
    book.write_block(BOUND, [[_bound(found)]])
    book.write_block(MONTHS, [[formatting.short_month(day.month)[0] for day in months[:-1]], _years(months[:-1])])
    book.write_block(DAYS, [list(months)])
    book.write_block(SHARES, [[as_of.year - back] for back in range(data.YEARS)])
    label = picked(book, found, result)
    if label is None:
        return
    if label != _text(book.cell(PICK)):
        book.write_block(PICK, [[label]])
    for name, rows in (shown(found, label) | contact(found, label, result)).items():
        book.show_block(name, rows)


def contact(found: ClientData, label: str, result: Result) -> dict[str, list[list[Value]]]:
    """Return how to reach a client, as the formulas find it in the table Clients."""
    contacts, clients = Contacts.of(result.inputs.clients), result.inputs.clients
    row = next(row for row in found.clients if row[data.LABEL] == label)
    key = next((key for key, raw in zip(clients.keys, data.raw_ids(result.inputs), strict=True) if raw is row[1]), "")
    return {PHONE: [[contacts.phone_of(key)]], MAIL: [[contacts.mail_of(key)]]}


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def picked(book: Book, found: ClientData, result: Result) -> str | None:
    """Return the label of the client whose card is shown: what was picked, under its name of today.

    A client whose name changed is known by its id. Without a pick it is the first client of "Do next". None where the
    sheet is not there, or there is no client.
    """
    if not found.clients:
        return None
    try:
        pick = _text(book.cell(PICK)).casefold()
    except MissingError:
        return None
    labels = {str(row[data.LABEL]).casefold(): str(row[data.LABEL]) for row in found.clients}
    if pick in labels:
        return labels[pick]
    if pick:
        for label in labels.values():
            if pick.endswith(label[label.rfind(" (") :].casefold()) and " (" in label:
                return label
    return _first_to_call(found, result) or str(found.clients[0][data.LABEL])


def _first_to_call(found: ClientData, result: Result) -> str | None:
    by_id = {_text(row[data.CLIENT_ID]): str(row[data.LABEL]) for row in found.clients}
    for clients in do_next(result.clients).values():
        for client in clients:
            if client.id in by_id:
                return by_id[client.id]
    return None


def _bound(found: ClientData) -> str | None:
    if not found.left_out:
        return None
    shown = len(found.clients)
    return tn(
        "In the list: {shown:,} clients that leave next or are worth most. {count:,} other is not: too many rows.",
        "In the list: {shown:,} clients that leave next or are worth most. {count:,} others are not: too many rows.",
        found.left_out,
        shown=shown,
    )


def _years(months: Sequence[date]) -> list[Value]:
    """The year at the first month of each, as a text, which goes on over the cells beside it."""
    first = [str(months[0].year) if months[0].month < 12 else None]  # a December has no room beside January's
    return [*first, *(str(day.year) if day.month == 1 else None for day in months[1:])]


# what the formulas show


def shown(found: ClientData, label: str) -> dict[str, list[list[Value]]]:
    """Return what the formulas of the card show for a client, block by block. `layouts.client` has the formulas."""
    at = next(index for index, row in enumerate(found.clients) if row[data.LABEL] == label)
    client = found.clients[at]
    first, count, first_log, logged = (client[column] for column in range(data.FIRST_ROW, data.LOG_COUNT + 1))
    rows = found.rows[_index(first) : _index(first) + _number(count)]
    log = found.log[_index(first_log) : _index(first_log) + _number(logged)]
    months = [add_months(data.first_month(found.as_of), back) for back in range(MONTHS_SHOWN + 1)]
    strip = str(client[data.STRIP])
    spans = list(pairwise(months))
    blocks: dict[str, list[list[Value]]] = {
        KEYS: [[at + data.HEAD_ROW + 1], [first], [count], [first_log], [logged]],
        STRIP: [[sign.strip() or None for sign in strip]],
        BARS: [
            [max(_sum(rows, 1, start, end), 0.0) for start, end in spans],
            [_sum(rows, 2, max(start, _after(found.as_of)), end) for start, end in spans],
        ],
        **_columns(LATEST, [_latest(row) for row in rows[:LIST_ROWS]]),
        **_columns(DECISIONS, log[:LIST_ROWS] or [[NONE_YET, *[None] * 5]]),
        **_columns(BY_YEAR, [_year(rows, found, back) for back in range(data.YEARS)]),
    }
    for name, column in FIGURES.items():
        blocks[name] = [[client[column]]]
    return blocks


def _columns(names: Sequence[str], rows: Sequence[Sequence[Value]]) -> dict[str, list[list[Value]]]:
    """A list, column by column."""
    return {name: [[row[at]] for row in rows] for at, name in enumerate(names)}


def _index(row: Value) -> int:
    """Where a row of a sheet is among its rows below the heading."""
    return _number(row) - 2


def _number(value: Value) -> int:
    return int(value) if isinstance(value, int | float) else 0


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _sum(rows: Sequence[Sequence[Value]], column: int, start: date, end: date) -> float:
    return fsum(
        float(amount)
        for row in rows
        if isinstance(row[0], date) and start <= row[0] < end and isinstance(amount := _cell(row, column), int | float)
    )


def _latest(row: Sequence[Value]) -> list[Value]:
    day, invoiced, planned, kind = (_cell(row, column) for column in range(4))
    amount = invoiced if invoiced is not None else planned
    return [day, amount, data.KINDS[max(_number(kind), 1) - 1]]


def _cell(row: Sequence[Value], column: int) -> Value:
    """A cell of a row, whose last ones are left out where they are blank."""
    return row[column] if column < len(row) else None


def _year(rows: Sequence[Sequence[Value]], found: ClientData, back: int) -> list[Value]:
    year, total = found.as_of.year - back, found.invoiced[back]
    amount = _sum(rows, 1, date(year, 1, 1), date(year + 1, 1, 1))
    return [amount, amount / total if total > 0 else None]
