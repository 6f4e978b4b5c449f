"""Room for long texts in a new workbook: rows as high as their texts, columns as wide as their ids.

A spreadsheet program makes room while a person types; what a program writes gets none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unicodedata import east_asian_width

from lxml import etree

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.ooxml.package import Package
from kopilot_xl.workbook.tables.parsing import shown
from kopilot_xl.workbook.tables.table import Column, Table
from kopilot_xl.workbook.tables.text_width import line_count, text_width

_LINE, _TALL_LINE, _HIGHEST = 12.75, 15.0, 409.5
"""How high a line of text, one with signs of East Asia, and the highest row are, in points."""
_WIDEST = 44
"""How wide a column of ids becomes at most."""


def make_room(package: Package, part: str, table: Table, texts: Mapping[Column, Sequence[Value]]) -> None:
    """Make room for what is to stand in the rows of a table, on a sheet of our own that is still empty.

    Args:
        package: the new workbook.
        part: the sheet of the table.
        table: the table.
        texts: what will stand in its columns, from its first row on.
    """
    heights: dict[int, float] = {}
    for column, values in texts.items():
        if column.wrap:
            for row, value in enumerate(values, 2):
                if isinstance(value, str) and (lines := line_count(value, column.width)) > 1:
                    line = _TALL_LINE if any(east_asian_width(sign) in "WF" for sign in value) else _LINE
                    heights[row] = max(min(lines * line, _HIGHEST), heights.get(row, 0.0))
    ids = {each: values for each, values in texts.items() if each.shrink and values}
    widths = {
        table.columns.index(column) + 1: min(width, _WIDEST)
        for column, values in ids.items()
        if (width := text_width(max(map(shown, values), key=len))) > column.width
    }
    if heights or widths:
        sheet = package.parse_current(part)
        _set_heights(sheet, heights)
        _set_widths(sheet, widths)
        package.replace(part, etree.tostring(sheet, xml_declaration=True, encoding="UTF-8", standalone=True))


def sheets_of(package: Package) -> list[tuple[str, str | None]]:
    """Return the sheets of every kind and their parts, in the order of their tabs."""
    parts = {item.id: item.target for item in package.relationships(package.workbook)}
    return [
        (element.get("name", ""), next((parts.get(str(v)) for k, v in element.items() if str(k).endswith("}id")), None))
        for element in package.parse(package.workbook).iterfind("{*}sheets/{*}sheet")
    ]


def _set_heights(sheet: etree._Element, heights: Mapping[int, float]) -> None:
    rows = sheet.find("{*}sheetData")
    assert rows is not None  # noqa: S101 - a sheet of ours
    known = {row.get("r"): row for row in rows}
    kind = f"{{{etree.QName(rows).namespace}}}row"
    for number, height in sorted(heights.items()):
        row = known.get(str(number))
        if row is None:
            row = etree.SubElement(rows, kind, r=str(number))
        row.set("ht", str(height))


def _set_widths(sheet: etree._Element, widths: Mapping[int, float]) -> None:
    for column in sheet.iterfind("{*}cols/{*}col"):
        first, last = int(column.get("min", "0")), int(column.get("max", "0"))
        if first == last and first in widths:
            column.set("width", f"{widths[first]:.4g}")
