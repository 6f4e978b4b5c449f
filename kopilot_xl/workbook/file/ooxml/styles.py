"""Which style a new cell takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kopilot_xl.errors import BookError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_COLUMN, column_number
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, area_of, walk

# Nearly every cell is written like this; the others have no style.
_STYLED_CELL = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})" s="([1-9][0-9]*)"')
_OTHER_CELL = re.compile(rb'<c(?! r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[1-9][0-9]*")?(?: t="\w*")?/?>)')
_CELL_TAG = re.compile(rb"<(?:[\w.-]++:)?c(?=[\s/>])([^<>]*+)>")


def column_styles(xml: bytes, layout: Layout) -> dict[int, str]:
    """Return the styles of the columns that have one of their own."""
    styles: dict[int, str] = {}
    seen = 0
    for tag in markup.tags(xml, 0, layout.start):
        if markup.local_name(tag["name"]) == b"col" and not tag["close"]:
            style = markup.attribute(tag[0], "style")
            if style and style != "0":
                first, last = markup.attribute(tag[0], "min"), markup.attribute(tag[0], "max")
                columns = range(markup.number(first, 1), min(markup.number(last, 0), LAST_COLUMN) + 1)
                seen += len(columns)
                if seen > LAST_COLUMN:
                    raise BookError(t("it states the widths of more columns than a sheet has"))
                styles.update(dict.fromkeys(columns, style))
    return styles


def style_attribute(style: str | None) -> str:
    """Return the attribute of a cell with a style, as text; empty where it has none."""
    return f' s="{style}"' if style else ""


def cell_styles(xml: bytes, layout: Layout, columns: Mapping[int, str]) -> dict[int, dict[int, str]]:
    """Return the styles of the cells that have one, and not that of their column, by row and column."""
    styles: dict[int, dict[int, str]] = {}
    for row, column, style in _styled_cells(xml, layout):
        if style != columns.get(column):
            styles.setdefault(row, {})[column] = style
    return styles


def _styled_cells(xml: bytes, layout: Layout) -> Iterator[tuple[int, int, str]]:
    if not layout.plain:
        for row, column, cell in walk(markup.parse(xml)):
            if cell.get("s", "0") != "0":
                yield row, column, cell.get("s", "0")
        return
    if _OTHER_CELL.search(xml, layout.inner, layout.inner_end) is None:
        found = _STYLED_CELL.findall(xml, layout.inner, layout.inner_end)
        column_of = {letters: column_number(letters.decode()) for letters in {cell[0] for cell in found}}
        yield from ((int(row), column_of[letters], style.decode()) for letters, row, style in found)
        return
    for match in _CELL_TAG.finditer(xml, layout.inner, layout.inner_end):
        style = markup.attribute(match[1], "s")
        address = markup.attribute(match[1], "r") if style else None
        if style and style != "0" and address:
            area = area_of(address)
            yield area.top, area.left, style
