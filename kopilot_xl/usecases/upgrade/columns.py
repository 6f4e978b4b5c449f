"""The user's own columns, carried over with their formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from kopilot_xl.workbook.addresses import Area, column_letters
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.sheets.client_formulas import MACRO_FREE
from kopilot_xl.workbook.tables.table import Column, Table, same_name
from kopilot_xl.workbook.template.own_columns import (
    GENERAL,
    OWN_FORMATS,
    OwnColumn,
    add_columns,
    add_styles,
    styles_part,
)
from kopilot_xl.workbook.template.row_heights import make_room, sheets_of

INPUTS = (clients.TABLE, transactions.TABLE, actions.TABLE)
"""The tables the user keeps, whose own columns come along too."""
_REQUIRED = (clients.TABLE, transactions.TABLE)
_FACTS = frozenset(same_name(column.header) for column in MACRO_FREE.columns if column.hidden)
"""The hidden columns of the macro-free edition, which the next refresh fills."""
_LONGEST = 255
"""How many characters Excel allows in the header of a table."""
_NUMBERS = (int, float, date, timedelta, time)


@dataclass(frozen=True)
class _Kept:
    """What comes along of a table: its rows as they stand, where each of our columns is in them, and the user's own."""

    table: Table
    data: TableData
    places: dict[Column, int]
    own: Sequence[OwnColumn]

    def values(self, at: int) -> list[Value]:
        return [row[at] for row in self.data.rows]

    @property
    def filled(self) -> int:
        """How many rows have something in them."""
        return sum(any(value not in (None, "") for value in row) for row in self.data.rows)

    @property
    def area(self) -> Area:
        left, top = self.data.first_column, self.data.header_row
        return Area(max(top, 1), left, top + len(self.data.rows), left + len(self.data.headers) - 1)

    def named(self, at: int) -> str:
        """Return what a column is called, or the letter of one without a header."""
        return " ".join(self.data.headers[at].split()) or f"column {column_letters(self.data.first_column + at)}"


def _kept(table: Table, old: FileBook) -> _Kept:
    rows = table.of(old)
    places = {column: at for column in table.columns if (at := rows.position(column)) is not None}
    taken = {same_name(each) for each in table.headers}
    added: list[int] = []
    if table in INPUTS:
        added = [
            at
            for at, header in enumerate(rows.data.headers)
            if at not in places.values() and same_name(header) not in _FACTS
            if header.strip() or any(row[at] is not None for row in rows.data.rows)
        ]
    shown = _number_formats(old, rows.data, added) if added else {}
    own = [
        OwnColumn(
            at,
            _unused(rows.data.headers[at], column_letters(rows.data.first_column + at), taken),
            shown.get(at, GENERAL),
        )
        for at in added
    ]
    return _Kept(table, rows.data, places, own)


def _number_formats(old: FileBook, data: TableData, columns: Sequence[int]) -> dict[int, str | int]:
    """Return how the first number or date of each of these columns is shown, or its first value if it has none."""
    package = Package(old.path)
    styles, part = styles_part(package), dict(sheets_of(package)).get(data.sheet)
    if not styles or not part:
        return {}
    wanted = {}
    for at in columns:
        filled = {
            row: values[at] for row, values in enumerate(data.rows, data.header_row + 1) if values[at] is not None
        }
        numbers = (row for row, value in filled.items() if isinstance(value, _NUMBERS))
        wanted[next(numbers, next(iter(filled), 0)), data.first_column + at] = at
    root = package.parse(styles)
    codes = {each.get("numFmtId"): each.get("formatCode") for each in root.iterfind("{*}numFmts/{*}numFmt")}
    looks = {str(at): each.get("numFmtId", "") for at, each in enumerate(root.iterfind("{*}cellXfs/{*}xf"))}
    shown: dict[int, str | int] = {}
    for row, column, cell in worksheet.walk(package.parse(part)):
        if (row, column) in wanted:
            number = looks.get(cell.get("s", "0"), "")
            own = int(number) if number.isdecimal() and int(number) < OWN_FORMATS else GENERAL
            shown[wanted[row, column]] = codes.get(number) or own
    return shown


def _unused(header: str, letters: str, taken: set[str]) -> str:
    """Return a header that no other column of the table has, and note it as taken."""
    wanted = " ".join(header.split())[: _LONGEST - 6] or f"Column {letters}"
    name, number = wanted, 1
    while same_name(name) in taken:
        number += 1
        name = f"{wanted} ({number})"
    taken.add(same_name(name))
    return name


# the new workbook


def _widened(template: Path, kept: Sequence[_Kept], target: Path) -> None:
    """Write the template with the user's own columns added at the right of its tables."""
    package = Package(template)
    parts = dict(sheets_of(package))
    styles = add_styles(package, dict.fromkeys(own.shown for each in kept for own in each.own))
    for each in kept:
        part = parts[each.table.name]
        if each.own and part:
            table_part = next(item.target for item in package.relationships(part) if item.kind == "table")
            add_columns(package, part, table_part or "", each.own, styles)
        if part and each.table in INPUTS:
            make_room(package, part, each.table, {column: each.values(at) for column, at in each.places.items()})
    package.save(target)
