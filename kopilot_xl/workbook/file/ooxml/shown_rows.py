"""Have rows of a sheet seen that were hidden, by a filter or by hand."""

from __future__ import annotations

import re

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.file.ooxml import markup
from kopilot_xl.workbook.file.ooxml.worksheet import Layout, area_of

_ROW = re.compile(rb"<(?:[\w.-]++:)?row(?=[\s/>])[^<>]*+>")
_HIDDEN = "hidden"
_YES, _NO = {"1", "true"}, {"0", "false"}


def with_rows_shown(xml: bytes, rows: Area) -> bytes:
    """Return a worksheet in which no row of an area is hidden, nor by a filter that the sheet itself has there."""
    layout = Layout.of(xml)
    if xml.find(b"hidden", layout.inner, layout.inner_end) >= 0:
        pieces, done, number = [], layout.inner, 0
        for row in _ROW.finditer(xml, layout.inner, layout.inner_end):
            number = markup.number(markup.attribute(row[0], "r"), number + 1)
            if rows.top <= number <= rows.bottom and markup.attribute(row[0], _HIDDEN) in _YES:
                pieces += [xml[done : row.start()], markup.without_attribute(row[0], _HIDDEN)]
                done = row.end()
        xml = b"".join([xml[: layout.inner], *pieces, xml[done:]])
        layout = Layout.of(xml)
    rest = xml[layout.end :]
    for tag in markup.tags(rest):
        reference = markup.attribute(tag[0], "ref")
        if markup.local_name(tag["name"]) == b"autoFilter" and reference and area_of(reference).meets(rows):
            return xml[: layout.end] + without_criteria(rest)
    return xml


def without_criteria(xml: bytes) -> bytes:
    """Return XML in which filters look for nothing; their buttons stay, and those that are not shown stay so."""
    pieces, done, start = [], 0, None
    for tag in markup.tags(xml):
        if markup.local_name(tag["name"]) != b"filterColumn":
            continue
        if tag["close"] and start is not None:
            # Without what it looks for, an element that says nothing of its button is nothing.
            hides_button = markup.attribute(start[0], "hiddenButton") in _YES
            kept = (
                start[0][:-1].rstrip() + b"/>"
                if hides_button or markup.attribute(start[0], "showButton") in _NO
                else b""
            )
            pieces += [xml[done : start.start()], kept]
            done, start = tag.end(), None
        elif not tag["close"] and not tag["attributes"].endswith(b"/"):
            start = tag
    return b"".join([*pieces, xml[done:]])
