"""Ranges of a workbook open in Excel: their values and formulas, and writing to them where cells are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kopilot_xl.workbook.addresses import LAST_ROW, Area
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.live.excel_values import cell_value
from kopilot_xl.workbook.live.known import as_known
from kopilot_xl.workbook.live.patches import Patch

if TYPE_CHECKING:
    import xlwings as xw


@dataclass(frozen=True)
class ReadCells:
    """Cells that were read in one call: the top left one, and the values row by row."""

    top: int
    left: int
    rows: list[list[Value]]

    def covers(self, top: int, left: int, height: int, width: int) -> bool:
        """Tell whether they include these, as far as the sheet goes."""
        bottom = min(top + height - 1, LAST_ROW)
        enough = bottom < self.top + len(self.rows) and left + width <= self.left + len(self.rows[0])
        return self.top <= top and self.left <= left and enough

    def part(self, top: int, left: int, height: int, width: int) -> list[list[Value]]:
        """Return those of them from a cell on."""
        first = left - self.left
        return [row[first : first + width] for row in self.rows[top - self.top : top - self.top + height]]


def range_of(sheet: xw.Sheet, top: int, left: int, height: int, width: int) -> xw.Range:
    """Return so many rows and columns of a sheet from a cell on, counted from 1.

    It is named by its address: that is one call, and two cells and what is between them are a dozen.
    """
    return sheet.range(str(Area(top, left, top + height - 1, left + width - 1)))


def values_of(cells: Any, engine: Any = None) -> list[list[Value]]:
    """Read a whole range in one call.

    Args:
        cells: the range.
        engine: what xlwings reaches Excel with, where it is known: to ask each range for it takes seven calls.
    """
    cells = cells.options(ndim=2, err_to_str=True)
    if engine is None:
        rows = cells.value
    else:
        rows = engine.impl.clean_value_data(_rows(cells.raw_value), datetime, None, None, True)
    return [[cell_value(given) for given in row] for row in rows]


def _rows(given: Any) -> Sequence[Sequence[Any]]:
    """Return what a range of several rows and columns, of one row or of one cell gives, in rows."""
    rows = given if isinstance(given, (list, tuple)) else [given]
    return rows if rows and isinstance(rows[0], (list, tuple)) else [rows]


def put(sheet: xw.Sheet, patch: Patch, engine: Any) -> None:
    """Write a patch in one call, or in as few as hidden cells allow; `engine` is what xlwings reaches Excel with."""
    for top, left, height, width in visible_parts(sheet, patch.top, patch.left, patch.height, patch.width):
        part = patch.part(top - patch.top, left - patch.left, height, width)
        cells: Any = range_of(sheet, top, left, height, width)
        if patch.formulas:
            cells.impl.formula = part.rows
        else:
            prepared = engine.impl.prepare_xl_data_element
            cells.raw_value = [[prepared(value, None) for value in row] for row in part.rows]


def visible_parts(sheet: xw.Sheet, top: int, left: int, height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the parts of a range that are hidden as a whole or not at all: top, left, height and width.

    Where a filter is on, whatever is done to a range is done to what is seen of it, each piece from the first value
    on; only what is hidden as a whole can be written to.
    """
    if height < 1:
        return
    seen = as_known(sheet)
    rows = Area(top, left, top + height - 1, left)
    if height > 1 and not seen.shows_all_rows and seen.are_hidden(rows, rows=True) is None:
        half = height // 2
        yield from visible_parts(sheet, top, left, half, width)
        yield from visible_parts(sheet, top + half, left, height - half, width)
        return
    hidden = seen.hidden_columns(left, width)
    first = 0
    for index in range(1, width):
        if hidden[index] != hidden[first]:
            yield top, left + first, height, index - first
            first = index
    yield top, left + first, height, width - first


def formulas_of(cells: Any, height: int, width: int) -> Sequence[Sequence[object]]:
    """Return the formulas of a range row by row, whatever shape Excel gives them; a cell without one has its value."""
    given = cells.formula
    if not isinstance(given, (list, tuple)):
        return [[given]]
    if isinstance(given[0], (list, tuple)):
        return list(given)
    return [given] if height == 1 else [[formula] for formula in given]


def has_formulas(cells: xw.Range) -> bool | None:
    """Tell whether all cells of a range hold a formula, or none, or only some (None).

    Excel on Windows knows without the formulas being read.
    """
    try:
        answer = cells.api.HasFormula
    except AttributeError:
        height, width = cells.shape
        found = {str(text).startswith("=") for row in formulas_of(cells, height, width) for text in row}
        return found.pop() if len(found) == 1 else None
    return None if answer is None else bool(answer)


def is_protected(sheet: xw.Sheet) -> bool:
    """Tell whether a sheet takes no writing."""
    api = sheet.api
    return bool(excel_property(api, "ProtectContents", "protect_contents")) and not bool(
        excel_property(api, "ProtectionMode", "protection_mode")  # macros may write all the same
    )


def excel_property(api: Any, windows: str, mac: str) -> object:
    """Return a property of Excel's own object, by its name on Windows or on a Mac."""
    try:
        return getattr(api, windows)
    except AttributeError:
        pass
    try:
        return getattr(api, mac).get()
    except AttributeError:
        return None
