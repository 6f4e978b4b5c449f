"""The very hidden sheet `_Segments`: what the worksheet functions answer from where Python is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from kopilot_xl.book import Book, Value
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.sheets.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "_Segments"
FORMAT = 1
"""Raised when the layout changes, so that an older workbook's functions can tell."""

COLUMNS = ("Client ID", "Segment", "Next action", "Leaves on", "Value")
AS_OF_ROW, REFRESHED_ROW, SHAPE_ROW, TILT_ROW, TILT_BY_VALUE_ROW, COUNTS_ROW = 2, 3, 4, 5, 6, 7
"""The sheet rows of the summary; the counts follow in the order of the bars, then Canceled."""
CLIENTS_ROW = COUNTS_ROW + len(BARS) + 1
"""The row that tells how many clients follow; then the header, then the clients."""
FIRST_CLIENT_ROW = CLIENTS_ROW + 2


def rows(summary: Summary, clients: Sequence[Client], as_of: date, now: datetime) -> list[list[Value]]:
    """Return the snapshot: the summary's rows, then one row per client (one not yet a client has a blank segment).

    Every row has as many cells as `COLUMNS`. Clients are named by the key their id is compared by.
    """
    head: list[list[Value]] = [
        ["Kopilot XL", FORMAT],
        ["As of", as_of],
        ["Refreshed", now],
        ["Shape", summary.shape.value],
        ["Tilt", summary.tilt],
        ["Tilt by value", summary.tilt_by_value],
    ]
    head += [[each.value, summary.counts[each], summary.values[each]] for each in (*BARS, Segment.CANCELED)]
    head += [["Clients", len(clients)], list(COLUMNS)]
    body: list[list[Value]] = [
        [each.key, each.segment and each.segment.value, each.next_action, each.leaves_on, each.value]
        for each in clients
    ]
    width = len(COLUMNS)
    return [row + [None] * (width - len(row)) for row in head] + body


def fill(book: Book, summary: Summary, clients: Sequence[Client], as_of: date, now: datetime) -> bool:
    """Write the snapshot; False if the workbook has no such sheet."""
    return book.write_sheet(SHEET, rows(summary, clients, as_of, now))


def build(ws: Worksheet) -> None:
    """Lay the sheet out: only formats, so that dates read as dates."""
    from kopilot_xl.workbook import looks

    looks.widths(ws, (14, 16, 80, 12, 12))
    ws[f"B{AS_OF_ROW}"].number_format = Format.DATE.value
    ws[f"B{REFRESHED_ROW}"].number_format = Format.MOMENT.value
    ws.column_dimensions["D"].number_format = Format.DATE.value
