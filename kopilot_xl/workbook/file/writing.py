"""Writes to a workbook file, gathered until it is saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.layout import _Layout
from kopilot_xl.workbook.file.ooxml import markup, worksheet
from kopilot_xl.workbook.file.ooxml.edits import Edit

_EMPTY = Edit(keep_formula=False)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_RESIZED = {b"table", b"autoFilter", b"sortState", b"sortCondition"}


@dataclass
class _Writes:
    """What is to be written to one sheet.

    `settled` are the rows of columns that were written, though some of their cells needed no edit.
    """

    edits: dict[int, dict[int, Value | Edit]] = field(default_factory=dict)
    settled: dict[int, range] = field(default_factory=dict)
    content: Sequence[Sequence[Value]] | None = None

    def covers(self, row: int, column: int) -> bool:
        return column in self.edits.get(row, ()) or row in self.settled.get(column, ())

    def set(self, row: int, column: int, change: Value | Edit) -> None:
        self.edits.setdefault(row, {})[column] = change

    def set_down(self, row: int, column: int, values: Sequence[Value]) -> None:
        """Set a column's cells from a row on; as quick as can be, for there may be a million."""
        edits = self.edits
        for at, value in enumerate(values, row):
            if at in edits:
                edits[at][column] = value
            else:
                edits[at] = {column: value}


def _resized_table(data: bytes, layout: _Layout, new_end: int) -> bytes:
    """Return a table part whose references end with the new last data row."""
    data = markup.as_utf8(data)
    pieces, done = [], 0
    for tag in markup.tags(data):
        name = markup.local_name(tag["name"])
        reference = markup.attribute(tag[0], "ref")
        if tag["close"] or not reference or name not in _RESIZED:
            continue
        area = worksheet.area_of(reference)
        # Filters and sorting leave the totals row out.
        bottom = max(new_end + layout.totals if name == b"table" else new_end, area.top)
        start = markup.with_attribute(tag[0], "ref", str(replace(area, bottom=bottom)))
        # Excel shows an empty table's one row as "insert row"; what it holds now is data.
        start = markup.without_attribute(start, "insertRow")
        pieces += [data[done : tag.start()], start]
        done = tag.end()
    return b"".join([*pieces, data[done:]])
