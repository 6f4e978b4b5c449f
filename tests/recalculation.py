"""A workbook's formulas, recalculated as of other days by programs that are not ours: LibreOffice and Formulon."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import client_formulas, clients
from kopilot_xl.workbook.tables.parsing import id_key
from kopilot_xl.workbook.tables.table import Column
from tests import libreoffice

EPOCH = date(1899, 12, 30)

SCRIPT = """
def used(sheet):
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    return sheet.getCellRangeByPosition(0, 0, cursor.RangeAddress.EndColumn, cursor.RangeAddress.EndRow)

def named(name):
    cells = doc.NamedRanges.getByName(name).getReferredCells()
    return [list(row) for row in cells.getDataArray()]

as_of = doc.NamedRanges.getByName("AsOf").getReferredCells()
result = []
for day in %(days)r:
    if day:
        as_of.Value = day
        doc.calculate()
    rows = [list(row) for row in used(doc.Sheets.getByName("Clients")).getDataArray()]
    result.append([rows, {name: named(name) for name in %(names)r}])
"""

Block = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Client:
    """What the formulas beside a client show."""

    segment: str
    last_invoice: date | None
    next_planned: date | None
    leaves_on: date | None
    next_action: str


@dataclass(frozen=True)
class Recalculated:
    """A workbook as of a day: each client by its key, and named blocks."""

    clients: Mapping[str, Client]
    rows: Sequence[Mapping[str, Any]]
    """the rows of the table Clients by heading"""
    blocks: Mapping[str, Block]


def in_libreoffice(path: Path, days: Sequence[date | None], names: Sequence[str] = ()) -> list[Recalculated]:
    """Return a workbook as LibreOffice shows it with these days as As of of Settings; None leaves it as it is."""
    serials = [day and _serial(day) for day in days]
    found = libreoffice.run(path, SCRIPT % {"days": serials, "names": list(names)}, macros=False)
    return [_recalculated(rows, blocks) for rows, blocks in found]


def in_formulon(path: Path, days: Sequence[date | None], names: Sequence[str] = ()) -> list[Recalculated]:
    """Do the same with Formulon, an engine that has nothing in common with LibreOffice."""
    import formulon  # a recalculation engine that only tests use

    book = formulon.Workbook.load(path.read_bytes())
    sheets = {book.sheet_name(index): index for index in range(book.sheet_count())}
    places = {name.name: _place(name.formula, sheets) for name in book.iter_defined_names()}
    found = []
    for day in days:
        sheet, area = places["AsOf"]
        if day:
            book.set_number(sheet, area.top - 1, area.left - 1, _serial(day))
            book.recalc()
        cells = {(cell.row, cell.col): cell.value.to_python() for cell in book.iter_cells(sheets["Clients"])}
        height, width = max(row for row, _ in cells) + 1, max(column for _, column in cells) + 1
        rows = [[_plain(cells.get((row, column))) for column in range(width)] for row in range(height)]
        blocks = {}
        for name in names:
            sheet, area = places[name]
            blocks[name] = [
                [_plain(book.get_value(sheet, row, column).to_python()) for column in range(area.left - 1, area.right)]
                for row in range(area.top - 1, area.bottom)
            ]
        found.append(_recalculated(rows, blocks))
    return found


def _place(formula: str, sheets: Mapping[str, int]) -> tuple[int, Area]:
    match = re.fullmatch(r"=?'?([^'!\[]+)'?!(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)", formula)
    return (sheets[match[1]], Area.parse(match[2].replace("$", ""))) if match else (-1, Area(1, 1, 1, 1))


def _recalculated(rows: Sequence[Sequence[Any]], blocks: Mapping[str, Block]) -> Recalculated:
    headers, *body = rows
    read = [dict(zip(map(str, headers), row, strict=False)) for row in body]
    by_key: dict[str, Client] = {}
    for row in read:
        key = id_key(row[clients.CLIENT_ID.header] or None)
        if key is not None and key not in by_key:
            by_key[key] = Client(
                row[clients.SEGMENT.header],
                _day(row, clients.LAST_INVOICE),
                _day(row, clients.NEXT_PLANNED),
                _day(row, clients.LEAVES_ON),
                row[clients.NEXT_ACTION.header],
            )
    return Recalculated(by_key, read, blocks)


def _serial(day: date) -> int:
    return (day - EPOCH).days


def _day(row: Mapping[str, Any], column: Column) -> date | None:
    value = row[column.header]
    return EPOCH + timedelta(days=int(value)) if value != "" else None


def _plain(value: Any) -> Any:
    return "" if value is None else value


def differences(found: Recalculated, expected: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the clients that the formulas show otherwise than they are, by key: what is shown, what they are.

    What says that it needs a refresh is not wrong.

    Args:
        found: what was recalculated.
        expected: the clients as a refresh of that day finds them, by key.
    """
    wrong: dict[str, tuple[Any, Any]] = {}
    for key, client in expected.items():
        shown = found.clients[key]
        right = Client(
            client.segment.value if client.segment else "", client.last_invoice, client.next_planned, client.leaves_on,
            shown.next_action,
        )  # fmt: skip
        if shown.segment != client_formulas.REFRESH and shown != right:
            wrong[key] = shown, right
    return wrong


def to_refresh(found: Recalculated) -> int:
    """Return how many clients say that they need a refresh."""
    return sum(client.segment == client_formulas.REFRESH for client in found.clients.values())


def as_number(value: Value) -> Value:
    """A value as LibreOffice hands it over."""
    if isinstance(value, time):
        value = datetime.combine(EPOCH, value)
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return (moment - datetime.combine(EPOCH, time())) / timedelta(days=1)
    return "" if value is None else value


def stored(book: Book, name: str, like: Block) -> list[list[Value]]:
    """Return what a file holds in a named block of so many cells, as LibreOffice would hand it over."""
    sheet, _, cell = book.cell_address(name).rpartition("!")
    corner, values = Area.parse(cell), book.sheet_values(sheet.strip("'"))
    found = []
    for down, row in enumerate(like):
        held = [*(values[corner.top - 1 + down] if corner.top - 1 + down < len(values) else ()), *[None] * 99]
        found.append([as_number(value) for value in held[corner.left - 1 : corner.left - 1 + len(row)]])
    return found
