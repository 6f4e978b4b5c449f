"""The cells of a file as they are, before anything is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.book import Value


@dataclass(frozen=True)
class RawTable:
    """A table of cells: a text file, a sheet, or a table of a sheet.

    Attributes:
        path: the file.
        form: what it is, as in `CSV` or `Excel, sheet Invoices`.
        rows: its cells; rows may differ in length, a blank cell is None.
        name: of the sheet or the table, blank for a text file.
        top: the row of the first cell, counted from 1.
        left: the column of the first cell, counted from 1.
        hidden: whether its sheet is hidden.
        own: whether it is a table, not a whole sheet.
        encoding: of a text file, as Python names it.
        codings: the other encodings it could have, best first.
        delimiter: of a text file.
        period: the first and last day that a header line of the file tells.
        notes: what was assumed in reading it, a sentence each.
        lost: the cells, row and column from 0, whose formula has no stored result.
    """

    path: Path
    form: str
    rows: Sequence[Sequence[Value]]
    name: str = ""
    top: int = 1
    left: int = 1
    hidden: bool = False
    own: bool = False
    encoding: str | None = None
    codings: tuple[str, ...] = ()
    delimiter: str | None = None
    period: tuple[date, date] | None = None
    notes: tuple[str, ...] = ()
    lost: frozenset[tuple[int, int]] = frozenset()

    def noted(self, note: str) -> RawTable:
        """Return the same with one more note."""
        return replace(self, notes=(*self.notes, note))

    def recoded(self, encoding: str) -> RawTable:
        """Return the same texts in another encoding; what it cannot say stays as it is."""
        old = self.encoding or "utf-8"
        known: dict[str, str] = {}

        def again(value: Value) -> Value:
            if not isinstance(value, str) or value.isascii():
                return value
            if value not in known:
                try:
                    known[value] = value.encode(old).decode(encoding)
                except UnicodeError:
                    known[value] = value
            return known[value]

        rest = (old, *(each for each in self.codings if each != encoding))
        rows = [list(map(again, row)) for row in self.rows]
        return replace(self, rows=rows, encoding=encoding, codings=rest)

    @property
    def label(self) -> str:
        """The file, with the sheet or table where it has some."""
        return f"{self.path}#{self.name}" if self.name else str(self.path)

    def row_number(self, at: int) -> int:
        """Return the row, counted from 1, that a spreadsheet or an editor shows for a row counted from 0."""
        return self.top + at

    def letters(self, at: int) -> str:
        """Return the letters of a column counted from 0."""
        return column_letters(self.left + at)
