"""The very hidden sheet `_Segments`: what the worksheet functions answer from where Python is out of reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kopilot_xl.domain.forecasting import Forecast
from kopilot_xl.domain.ids import client_key
from kopilot_xl.domain.movements import Baseline
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.tables.parsing import UnreadableError, read_date

SHEET = "_Segments"
MARK = "Kopilot XL"
"""The first cell of every snapshot."""
FORMAT = 2
"""Raised when the layout changes, so that the functions of an older workbook can see it.

1 named the clients by the key their id is compared by; 2 has their ids as written, which only the reader folds.
"""
FORMATS = range(1, FORMAT + 1)
"""The formats that are read, and written for the macros that read them."""
FORMAT_CELL = "B1"
"""Says which format the workbook's own macros read; blank in a workbook of version 0.1 that was never refreshed: 1."""

COLUMNS = ("Client ID", "Segment", "Next action", "Leaves on", "Value", "Before")
"""`Before` is the segment on the day `Since`: the refresh before the first one of this as-of date."""
SINCE_COLUMN = 4
AS_OF_ROW, REFRESHED_ROW, SHAPE_ROW, TILT_ROW, TILT_BY_VALUE_ROW, COUNTS_ROW = 2, 3, 4, 5, 6, 7
"""The sheet rows of the summary; the counts follow in the order of the bars, then Canceled."""
CLIENTS_ROW = COUNTS_ROW + len(BARS) + 1
"""The row with the number of clients that follow; then the header, then the clients."""
FIRST_CLIENT_ROW = CLIENTS_ROW + 2
MONTH_COLUMN, EXPECTED_COLUMN = 5, 6
"""Beside the rows from `REFRESHED_ROW` on: the first days of the twelve months ahead, and what is expected of each."""
DATA_COLUMN = 4
"""Beside the shape: a mark of the data it was computed from, from format 2 on."""
FORMULAS_CELL = f"D{REFRESHED_ROW}"
DUE = "due"
"""In that cell: the user's own formulas do not show this refresh yet. The macros see to it, and say so there."""
REFUSED = "Error"
"""The first cell of an answer to the workbook's functions that says why there is no snapshot."""

_NAMES = {segment.value: segment for segment in Segment}


@dataclass(frozen=True)
class Snapshot:
    """What the last refresh stored: each client's segment by its key, and what it was on an earlier day."""

    as_of: date
    segments: Mapping[str, Segment | None]
    since: date | None
    before: Mapping[str, Segment | None]


def read(book: Book) -> Snapshot | None:
    """Return what the last refresh stored; None if there was none, or another version wrote it."""
    if not book.has_sheet(SHEET):
        return None
    table = [[*row, *[None] * (len(COLUMNS) - len(row))] for row in book.sheet_values(SHEET)]
    if len(table) < CLIENTS_ROW or _format(table) is None:
        return None
    try:
        as_of, since = read_date(table[AS_OF_ROW - 1][1]), read_date(table[AS_OF_ROW - 1][SINCE_COLUMN - 1])
    except UnreadableError:
        return None
    if as_of is None:
        return None
    keyed = [(key, row) for row in table[FIRST_CLIENT_ROW - 1 :] if (key := client_key(row[0])) is not None]
    return Snapshot(
        as_of,
        {key: _NAMES.get(str(row[1])) for key, row in keyed},
        since,
        {key: _NAMES.get(str(row[5])) for key, row in keyed},
    )


def is_known(table: Sequence[Sequence[Value]]) -> bool:
    """Return whether a table begins as a snapshot of a format that is read."""
    return _format(table) is not None


def _format(table: Sequence[Sequence[Value]]) -> int | None:
    """Return the format a table says it has; None if it is no snapshot, or one of a later version."""
    head = table[0][:2] if table else []
    if len(head) < 2 or head[0] != MARK or not isinstance(head[1], (int, float)) or head[1] not in FORMATS:
        return None
    return int(head[1])


def format_of(book: Book) -> int:
    """Return the format that the workbook's own macros read: the one that is there, which an upgrade raises."""
    if not book.has_sheet(SHEET):
        return FORMAT
    return _format(book.sheet_values(SHEET)) or FORMATS[0]


def upgraded(table: Sequence[Sequence[Value]]) -> list[list[Value]]:
    """Return a snapshot of an earlier format in this one: a key is an id as well."""
    return [[MARK, FORMAT, *table[0][2:]], *map(list, table[1:])]


def rows(
    summary: Summary,
    clients: Sequence[Client],
    as_of: date,
    now: datetime,
    baseline: Baseline | None,
    forecast: Forecast | None = None,
    layout: int = FORMAT,
    data: str = "",
) -> list[list[Value]]:
    """Return the snapshot: the summary's rows, then one row per client (one not yet a client has a blank segment).

    Every row has as many cells as `COLUMNS`. Clients are named by their ids as written; in format 1, by the key their
    id is compared by. `data` is the mark of what it was computed from, kept from format 2 on.
    """
    since, before = (baseline.since, baseline.segments) if baseline else (None, {})
    head: list[list[Value]] = [
        [MARK, layout],
        ["As of", as_of, "Since", since],
        ["Refreshed", now, "Formulas", DUE],
        ["Shape", summary.shape.value, *(("Data", data) if layout > 1 else ())],
        ["Tilt", summary.tilt],
        ["Tilt by value", summary.tilt_by_value],
    ]
    head += [[segment.value, summary.counts[segment], summary.values[segment]] for segment in (*BARS, Segment.CANCELED)]
    head += [["Clients", len(clients)], list(COLUMNS)]
    body: list[list[Value]] = [
        [
            client.id if layout > 1 else client.key,
            client.segment and client.segment.value,
            client.next_action,
            client.leaves_on,
            client.value,
            was.value if (was := before.get(client.key)) else None,
        ]
        for client in clients
    ]
    width = len(COLUMNS)
    head = [row + [None] * (width - len(row)) for row in head]
    if forecast and forecast.expected is not None:
        for row, month, expected in zip(head[REFRESHED_ROW - 1 :], forecast.months, forecast.expected, strict=False):
            row[MONTH_COLUMN - 1], row[EXPECTED_COLUMN - 1] = month, expected
    return head + body


def fill(
    book: Book,
    summary: Summary,
    clients: Sequence[Client],
    as_of: date,
    now: datetime,
    baseline: Baseline | None = None,
    forecast: Forecast | None = None,
    data: str = "",
) -> bool:
    """Write the snapshot; False if the workbook has no such sheet."""
    table = rows(summary, clients, as_of, now, baseline, forecast, format_of(book), data)
    return book.write_sheet(SHEET, table)
