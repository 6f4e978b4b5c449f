"""Rows that join a table get the looks of the row above, and the drop-downs and conditions that end with it."""

from __future__ import annotations

import re

from kopilot_xl.workbook.addresses import Area, cell_address, column_letters
from kopilot_xl.workbook.file.ooxml import markup

_RULES = {b"conditionalFormatting", b"dataValidation", b"ignoredError"}
_REACH = re.compile(rb"(<(?:[\w.-]+:)?sqref>)([^<>]*)(</(?:[\w.-]+:)?sqref>)")
"""Where the rules of Excel 2010 and later say what they are for."""


def dressed(xml: bytes, rows: Area) -> bytes:
    """Return a sheet whose cells of these rows have the styles of the row above.

    Rules for cells that end with the row above end with the last of these rows, as Excel does it when a table grows.

    Args:
        xml: the sheet, whose rows from the one above on have a cell in every column.
        rows: the cells that joined.
    """
    start, end = _row(xml, rows.top - 1)
    above = {
        column: _style(xml[start:end], cell_address(rows.top - 1, column))
        for column in range(rows.left, rows.right + 1)
    }
    pieces, done = [], 0
    for row in range(rows.top, rows.bottom + 1):
        start, end = _row(xml, row, done)
        pieces += [xml[done:start], _restyled(xml[start:end], row, above)]
        done = end
    return reaching(b"".join([*pieces, xml[done:]]), rows)


def _row(xml: bytes, row: int, start: int = 0) -> tuple[int, int]:
    """Return where a row's element begins and ends."""
    found = re.compile(rb"<(?:[\w.-]+:)?row\b[^<>]*\sr=[\"']%d[\"'][^<>]*>" % row).search(xml, start)
    if found is None:
        return start, start
    if found[0].endswith(b"/>"):
        return found.start(), found.end()
    close = re.compile(rb"</(?:[\w.-]+:)?row\s*>").search(xml, found.end())
    return found.start(), close.end() if close else found.end()


def _cell(address: str) -> re.Pattern[bytes]:
    return re.compile(rb"<(?:[\w.-]+:)?c\b[^<>]*\sr=[\"']%s[\"'][^<>]*>" % address.encode())


def _style(row: bytes, address: str) -> str | None:
    found = _cell(address).search(row)
    return markup.attribute(found[0], "s") if found else None


def _restyled(row: bytes, number: int, styles: dict[int, str | None]) -> bytes:
    for column, style in styles.items():

        def change(found: re.Match[bytes], style: str | None = style) -> bytes:
            tag = found[0]
            if style is None or markup.attribute(tag, "s") is not None:
                return markup.without_attribute(tag, "s") if style is None else markup.with_attribute(tag, "s", style)
            name = tag.split(None, 1)[0]
            return name + f' s="{style}"'.encode() + tag[len(name) :]

        row = _cell(f"{column_letters(column)}{number}").sub(change, row, count=1)
    return row


def reaching(xml: bytes, rows: Area) -> bytes:
    """Return a sheet whose drop-downs, conditions and unmarked errors reach over rows by which a table grew.

    Those reach further that end with the row above, within the table's columns, as Excel does it.

    Args:
        xml: the sheet.
        rows: the cells by which the table grew.
    """
    start = max(xml.rfind(b"sheetData>"), xml.rfind(b"sheetData/>"), 0)
    tail, done, out = xml[start:], 0, []
    if b"sqref" not in tail:
        return xml
    for tag in markup.tags(tail):
        if tag["close"] or markup.local_name(tag["name"]) not in _RULES:
            continue
        before = markup.attribute(tag[0], "sqref") or ""
        after = _all_longer(before, rows)
        if after != before:
            out += [tail[done : tag.start()], markup.with_attribute(tag[0], "sqref", after)]
            done = tag.end()
    tail = b"".join([*out, tail[done:]])
    tail = _REACH.sub(lambda found: found[1] + _all_longer(found[2].decode(), rows).encode() + found[3], tail)
    return xml[:start] + tail


def _all_longer(references: str, rows: Area) -> str:
    areas = references.split()
    longer = [_longer(area, rows) for area in areas]
    return references if longer == areas else " ".join(longer)


def _longer(reference: str, rows: Area) -> str:
    try:
        area = Area.parse(reference)
    except ValueError:
        return reference
    ends_above = area.bottom == rows.top - 1 and area.left >= rows.left and area.right <= rows.right
    return str(Area(area.top, area.left, rows.bottom, area.right)) if ends_above else reference
