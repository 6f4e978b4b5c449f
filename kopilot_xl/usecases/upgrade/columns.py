"""The user's own columns, carried over with their formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from lxml import etree

from kopilot_xl.workbook.addresses import Area, cell_address, column_letters
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.file.ooxml import worksheet
from kopilot_xl.workbook.file.ooxml.edits import encoded
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.tables.table import Column, Table, same_name
from kopilot_xl.workbook.template.row_heights import make_room, sheets_of

INPUTS = (clients.TABLE, transactions.TABLE, actions.TABLE)
"""The tables the user keeps, whose own columns come along too."""
_REQUIRED = (clients.TABLE, transactions.TABLE)
_WIDTH = 16
"""How wide a column of the user's own is."""
_LONGEST = 255
"""How many characters Excel allows in the header of a table."""
_NUMBERS = (int, float, date, timedelta, time)
_GENERAL = 0
"""The number of the format that shows a number as it is."""
_OWN_FORMATS = 164
"""The first number that a format of a workbook's own may have; those below are Excel's."""


@dataclass(frozen=True)
class _Own:
    """A column that the user added to a table: where it stands in the data, and what it is called in the new one.

    `shown` is the code of how its numbers and dates are shown, or the number of one of Excel's own.
    """

    at: int
    header: str
    shown: str | int


@dataclass(frozen=True)
class _Kept:
    """What comes along of a table: its rows as they stand, where each of our columns is in them, and the user's own."""

    table: Table
    data: TableData
    places: dict[Column, int]
    own: Sequence[_Own]

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
            if at not in places.values() and (header.strip() or any(row[at] is not None for row in rows.data.rows))
        ]
    shown = _number_formats(old, rows.data, added) if added else {}
    own = [
        _Own(
            at,
            _unused(rows.data.headers[at], column_letters(rows.data.first_column + at), taken),
            shown.get(at, _GENERAL),
        )
        for at in added
    ]
    return _Kept(table, rows.data, places, own)


def _number_formats(old: FileBook, data: TableData, columns: Sequence[int]) -> dict[int, str | int]:
    """Return how the first number or date of each of these columns is shown, or its first value if it has none."""
    package = Package(old.path)
    styles, part = _styles(package), dict(sheets_of(package)).get(data.sheet)
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
            own = int(number) if number.isdecimal() and int(number) < _OWN_FORMATS else _GENERAL
            shown[wanted[row, column]] = codes.get(number) or own
    return shown


def _styles(package: Package) -> str | None:
    return next((item.target for item in package.relationships(package.workbook) if item.kind == "styles"), None)


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
    styles = _add_styles(package, dict.fromkeys(own.shown for each in kept for own in each.own))
    for each in kept:
        part = parts[each.table.name]
        if each.own and part:
            table_part = next(item.target for item in package.relationships(part) if item.kind == "table")
            _add_columns(package, part, table_part or "", each.own, styles)
        if part and each.table in INPUTS:
            make_room(package, part, each.table, {column: each.values(at) for column, at in each.places.items()})
    package.save(target)


def _add_styles(package: Package, shown: Iterable[str | int]) -> dict[str | int, str]:
    """Add a style for each way of showing numbers; return their numbers."""
    part = _styles(package) or ""
    root = package.parse(part)
    formats, looks = root.find("{*}numFmts"), root.find("{*}cellXfs")
    assert formats is not None and looks is not None  # noqa: S101, PT018 - a workbook of ours
    taken = max([_OWN_FORMATS - 1, *(int(each.get("numFmtId", "0")) for each in formats)])
    styles = {}
    for each in shown:
        number = each
        if isinstance(each, str):
            number = taken = taken + 1
            etree.SubElement(formats, _like(formats, "numFmt"), numFmtId=str(number), formatCode=each)
        look = deepcopy(looks[0])
        look.set("numFmtId", str(number))
        look.set("applyNumberFormat", "1")
        styles[each] = str(len(looks))
        looks.append(look)
    for element in (formats, looks):
        element.set("count", str(len(element)))
    package.replace(part, _as_bytes(root))
    return styles


def _add_columns(
    package: Package, part: str, table_part: str, own: Sequence[_Own], styles: dict[str | int, str]
) -> None:
    root = package.parse(table_part)
    area = Area.parse(root.get("ref", ""))
    wide = Area(area.top, area.left, area.bottom, area.right + len(own))
    for element in root.iter("{*}table", "{*}autoFilter"):
        element.set("ref", str(wide))
    columns = root.find("{*}tableColumns")
    assert columns is not None  # noqa: S101 - a table of ours
    for number, each in enumerate(own, len(columns) + 1):
        etree.SubElement(columns, _like(columns, "tableColumn"), id=str(number), name=encoded(each.header, False)[1])
    columns.set("count", str(len(columns)))
    package.replace(table_part, _as_bytes(root))

    sheet = package.parse(part)
    cells = {cell.get("r", ""): cell for cell in sheet.iterfind("{*}sheetData/{*}row/{*}c")}
    widths = sheet.find("{*}cols")
    assert widths is not None  # noqa: S101 - a sheet of ours
    for column, each in enumerate(own, area.right + 1):
        row = cells[cell_address(area.top, area.left)].getparent()
        below = cells[cell_address(area.bottom, area.left)].getparent()
        assert row is not None and below is not None  # noqa: S101, PT018 - a cell stands in a row
        head = etree.SubElement(
            row, _like(row, "c"), r=cell_address(area.top, column), t="inlineStr",
            s=cells[cell_address(area.top, area.left)].get("s", "0"),
        )  # fmt: skip
        text = etree.SubElement(etree.SubElement(head, _like(row, "is")), _like(row, "t"))
        text.text = encoded(each.header, False)[1]
        style = styles[each.shown]
        etree.SubElement(below, _like(row, "c"), r=cell_address(area.bottom, column), s=style)
        width = etree.SubElement(widths, _like(row, "col"), min=str(column), max=str(column), width=str(_WIDTH))
        width.set("customWidth", "1")
        width.set("style", style)
    dimension = sheet.find("{*}dimension")
    if dimension is not None:
        dimension.set("ref", str(Area.parse(dimension.get("ref", "A1")).joined(wide)))
    package.replace(part, _as_bytes(sheet))


def _like(element: etree._Element, name: str) -> str:
    """Return a name in the namespace of an element."""
    return f"{{{etree.QName(element).namespace}}}{name}"


def _as_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
