"""Cells whose value not every reader sees as it is: errors, numbers that are none, texts in CDATA sections."""

from __future__ import annotations

import re
from html import unescape

from lxml import etree

from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, has_prefixed, position_of, rows_between, walk

_ERROR_TYPE = re.compile(rb"\st\s*=\s*(?:\"e\"|'e')")
_ERROR_CELL = re.compile(
    rb"<(?:[\w.-]++:)?c(?=\s)([^<>]*+)(?<!/)>\s*+(?:<(?:[\w.-]++:)?f[^<>]*+(?:(?<=/)>|>[^<]*+</[^<>]*+>))?"
    rb"\s*+<(?:[\w.-]++:)?v[^<>]*+>([^<]*+)<"
)
_LONGEST_TAG = 400
"""How far behind the start of its cell's tag the type is looked for."""

_KNOWN_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
"""The errors that every reader knows."""


def error_values(xml: bytes) -> dict[tuple[int, int], str]:
    """Return what the cells with an error show, by row and column.

    Raises:
        BookError: the XML is damaged.
    """
    xml = markup.as_utf8(xml)
    if b't="e"' not in xml and (b"'" not in xml or b"t='e'" not in xml):
        return {}
    cells = _error_cells(xml)
    if cells is None:
        return {
            (row, column): (cell.findtext("{*}v") or "").strip()
            for row, column, cell in walk(markup.parse(xml))
            if cell.get("t") == "e"
        }
    return {position: unescape(cell[2].decode("utf-8", "replace")).strip() for position, cell in cells.items()}


def with_known_errors(xml: bytes) -> bytes:
    """Return a worksheet in which errors that only newer versions of Excel know are `#N/A`: readers give up on them.

    It is the very same where there are none. `error_values` of the worksheet as it was says which they are.

    Raises:
        BookError: the XML is damaged.
    """
    unknown = {position for position, code in error_values(xml).items() if code not in _KNOWN_ERRORS}
    if not unknown:
        return xml
    cells = _error_cells(xml)
    if cells is None:
        root = markup.parse(xml)
        for row, column, cell in walk(root):
            if (row, column) in unknown and (value := cell.find("{*}v")) is not None:
                value.text = "#N/A"
        return etree.tostring(root, encoding="UTF-8")
    pieces, done = [], 0
    for position, found in cells.items():
        if position in unknown:
            pieces += [xml[done : found.start(2)], b"#N/A"]
            done = found.end(2)
    return b"".join([*pieces, xml[done:]])


def _error_cells(xml: bytes) -> dict[tuple[int, int], re.Match[bytes]] | None:
    """Return the cells with an error, in their order, by row and column; None where only a tree shows them."""
    layout = Layout.of(xml)
    if not layout.plain:
        return None
    cells: dict[tuple[int, int], re.Match[bytes]] = {}
    # Errors are few: look for their mark, and only there for the cell around it.
    for mark in _ERROR_TYPE.finditer(xml, layout.inner, layout.inner_end):
        start = xml.rfind(b"<", max(layout.inner, mark.start() - _LONGEST_TAG), mark.start())
        if start < 0:
            return None  # it is far within a text, or in a tag that no program writes
        cell = _ERROR_CELL.match(xml, start)
        if cell is None:
            continue
        address = markup.attribute(cell[1], "r")
        if address is None:
            return None
        cells[position_of(address)] = cell
    return cells


def not_numbers(xml: bytes) -> dict[tuple[int, int], str]:
    """Return the error to show for cells whose number is none (NaN), by row and column; readers make dates of them.

    Raises:
        BookError: the XML is damaged.
    """
    xml = markup.as_utf8(xml)
    # Lower case makes a copy of the whole sheet: nearly none has a value that ends so.
    plain = b"n</v" not in xml and b"N</v" not in xml and not has_prefixed(xml, b":v", *rows_between(xml))
    if plain or b"nan</" not in xml.lower():
        return {}
    return {
        (row, column): "#NUM!"
        for row, column, cell in walk(markup.parse(xml))
        if cell.get("t", "n") == "n" and (cell.findtext("{*}v") or "").strip().lower().lstrip("+-") == "nan"
    }


def wrapped_values(xml: bytes) -> dict[tuple[int, int], str]:
    """Return the texts in CDATA sections, by row and column: not every reader sees those.

    Raises:
        BookError: the XML is damaged.
    """
    xml = markup.as_utf8(xml)
    if b"!" not in xml or b"<![CDATA[" not in xml:
        return {}
    return {
        (row, column): text
        for row, column, cell in walk(markup.parse(xml))
        if cell.get("t") == "str" and (text := cell.findtext("{*}v"))
    }
