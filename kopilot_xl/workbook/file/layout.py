"""Where a table is on its sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kopilot_xl.workbook.addresses import Area
from kopilot_xl.workbook.file.parts import _key, _Sheet

_PLACE = re.compile(
    r"(?:'((?:[^']|'')+)'|([^'!(),]+))!(\$?[A-Za-z]{0,3}\$?[0-9]*(?::\$?[A-Za-z]{0,3}\$?[0-9]*)?)(?=,|$)"
)


@dataclass(frozen=True)
class _Layout:
    """Where a table stands: its header row, first column, headers and number of data rows.

    A table without a part of its own (`part` is None) is what stands under a header row on its sheet.
    """

    name: str
    sheet: _Sheet
    header_row: int
    first_column: int
    headers: tuple[str, ...]
    height: int
    totals: int = 0
    part: str | None = None
    calculated: frozenset[int] = frozenset()
    query: bool = False

    @property
    def last_column(self) -> int:
        return self.first_column + len(self.headers) - 1

    @property
    def area(self) -> Area:
        """All its cells, with header and totals."""
        bottom = self.header_row + self.height + self.totals
        return Area(max(self.header_row, 1), self.first_column, bottom, self.last_column)

    def column(self, header: str) -> int | None:
        """Return the place, counted from 0, of the first column with this header."""
        wanted = _key(header)
        return next((place for place, name in enumerate(self.headers) if _key(name) == wanted), None)
