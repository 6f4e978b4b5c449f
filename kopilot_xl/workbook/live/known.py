"""What is known of sheets, tables and names of a workbook open in Excel, so that nothing is asked twice.

Every question is a call into another program. An address answers five of them at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from kopilot_xl.workbook.addresses import LAST_COLUMN, LAST_ROW, Area
from kopilot_xl.workbook.live.book_map import MappedTable

if TYPE_CHECKING:
    import xlwings as xw
    from xlwings.main import Table as ExcelTable

_REFERENCE = re.compile(r"=(?:'((?:[^'\[\]]|'')+)'|([^'!\[\]()#]+))!(\$?[A-Z]+\$?[0-9]+(?::\$?[A-Z]+\$?[0-9]+)?)")


class KnownSheet:
    """A sheet of Excel's of which everything is asked once, as far as it stays; all else is that sheet's own."""

    def __init__(self, sheet: xw.Sheet, name: str | None = None, used: Area | None = None) -> None:
        self.name = str(sheet.name) if name is None else name
        self._sheet = sheet
        self._used = used

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sheet, name)

    @property
    def used(self) -> Area:
        """The cells that were in use when it was first asked."""
        if self._used is None:
            self._used = area_of(self._sheet.used_range)
        return self._used

    @cached_property
    def shows_all_rows(self) -> bool:
        """Whether no row is hidden. Nothing that is written to a workbook hides one."""
        return self.are_hidden(Area(1, 1, LAST_ROW, 1), rows=True) is False

    @cached_property
    def shows_all_columns(self) -> bool:
        """Whether no column is hidden."""
        return self.are_hidden(Area(1, 1, 1, LAST_COLUMN), rows=False) is False

    @cached_property
    def _hidden_columns(self) -> dict[int, bool]:
        return {}

    def hidden_columns(self, left: int, width: int) -> list[bool]:
        """Tell of each of so many columns whether it is hidden."""
        if self.shows_all_columns:
            return [False] * width
        known = self._hidden_columns
        if any(column not in known for column in range(left, left + width)):
            answer = self.are_hidden(Area(1, left, 1, left + width - 1), rows=False)
            if answer is None and width > 1:
                half = width // 2
                return self.hidden_columns(left, half) + self.hidden_columns(left + half, width - half)
            known |= dict.fromkeys(range(left, left + width), bool(answer))
        return [known[column] for column in range(left, left + width)]

    def are_hidden(self, area: Area, *, rows: bool) -> bool | None:
        """Tell whether all rows, or all columns, of an area are hidden, or none of them, or only some (None).

        A Mac tells by their size alone, and so answers None where they are of several sizes.
        """
        cells = self._sheet.range(str(area))
        try:
            entire = cells.api.EntireRow if rows else cells.api.EntireColumn
            answer = entire.Hidden
        except AttributeError:
            size = cells.row_height if rows else cells.column_width
            answer = None if size is None else not size
        return None if answer is None else bool(answer)


def known(sheet: xw.Sheet) -> xw.Sheet:
    """Return a sheet of which everything is asked once."""
    return cast("xw.Sheet", KnownSheet(sheet))


def as_known(sheet: xw.Sheet) -> KnownSheet:
    """Return what is known of a sheet of a `Structure`."""
    return sheet if isinstance(sheet, KnownSheet) else KnownSheet(sheet)


@dataclass(frozen=True)
class KnownTable:
    """A table of Excel's with its name, its sheet, and where it was when it was first asked."""

    name: str
    sheet: xw.Sheet
    told: MappedTable | None = None

    @cached_property
    def excel(self) -> ExcelTable:
        """Excel's own."""
        return self.sheet.tables[self.name]

    @cached_property
    def area(self) -> Area:
        """Its cells, headers and totals row included."""
        return self.told.area if self.told is not None else area_of(self.excel.range)

    @cached_property
    def show_headers(self) -> bool:
        """Whether it has a row of headers."""
        return self.told.show_headers if self.told is not None else bool(self.excel.show_headers)

    @cached_property
    def show_totals(self) -> bool:
        """Whether it has a totals row."""
        return self.told.show_totals if self.told is not None else bool(self.excel.show_totals)


def area_of(cells: Any) -> Area:
    """Return the rows and columns of a range, asked in one call."""
    return Area.parse(str(cells.address))


def reference_of(text: object) -> tuple[str, Area] | None:
    """Return the sheet and the cells that a name refers to; None if it does not simply refer to cells of its book."""
    match = _REFERENCE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    sheet = match[1].replace("''", "'") if match[1] is not None else match[2]
    return sheet, Area.parse(match[3])
