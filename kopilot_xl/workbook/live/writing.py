"""Writes to a workbook open in Excel, gathered until it is saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kopilot_xl.workbook.addresses import cell_address
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.live.excel_values import written_value
from kopilot_xl.workbook.live.layout import _Layout
from kopilot_xl.workbook.live.patches import Patch

if TYPE_CHECKING:
    import xlwings as xw


_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass
class _TableWrites:
    """What is to be written to a table: its new height, and per column the first row's index and the values."""

    height: int
    columns: dict[int, tuple[int, Sequence[Value]]] = field(default_factory=dict)
    formulas: dict[int, str] = field(default_factory=dict)
    """per calculated column what its cells without a formula get"""
    links: dict[int, tuple[str, set[int]]] = field(default_factory=dict)
    """per column of links the formula, and the indices of the rows that get it"""


def _rectangle(rows: Sequence[Sequence[Value]], height: int, width: int) -> list[list[Value]]:
    """Fill rows up with blanks to a height and width."""
    full = [[*row, *[None] * (width - len(row))] for row in rows]
    return full + [[None] * width for _ in range(height - len(full))]


def _typed(rows: Sequence[Sequence[Any]]) -> list[list[object]]:
    return [[written_value(each) for each in row] for row in rows]


def _holds(layout: _Layout, patch: Patch) -> bool:
    """Tell whether a table shows these values already."""
    first, left = patch.top - layout.header_row - 1, patch.left - layout.first_column
    shown = [row[left : left + patch.width] for row in layout.rows[first : first + patch.height]]
    return shown == [list(row) for row in patch.rows]


def _range(sheet: xw.Sheet, top: int, left: int, height: int, width: int) -> xw.Range:
    return sheet.range((top, left), (top + height - 1, left + width - 1))


def _put(sheet: xw.Sheet, patch: Patch) -> None:
    """Write a patch in one call, or in as few as hidden cells allow."""
    for top, left, height, width in _parts(sheet, patch.top, patch.left, patch.height, patch.width):
        part = patch.part(top - patch.top, left - patch.left, height, width)
        cells: Any = _range(sheet, top, left, height, width)
        if patch.formulas:
            cells.formula = part.rows
        else:
            cells.value = part.rows


def _parts(sheet: xw.Sheet, top: int, left: int, height: int, width: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the parts of a range that are hidden as a whole or not at all: top, left, height and width.

    Where a filter is on, whatever is done to a range is done to what is seen of it, each piece from the first value
    on; only what is hidden as a whole can be written to. The height of several rows is None where they differ.
    """
    if height < 1:
        return
    if height > 1 and _range(sheet, top, left, height, width).row_height is None:
        half = height // 2
        yield from _parts(sheet, top, left, half, width)
        yield from _parts(sheet, top + half, left, height - half, width)
        return
    widths = [_range(sheet, top, left, 1, width).column_width]
    if widths[0] is None:
        widths = [_range(sheet, top, left + place, 1, 1).column_width for place in range(width)]
    first = 0
    for place in range(1, len(widths)):
        if bool(widths[place]) != bool(widths[first]):
            yield top, left + first, height, place - first
            first = place
    yield top, left + first, height, width - first


def _around_formulas(
    layout: _Layout, patch: Patch, formulas: Callable[[], Sequence[Sequence[object]]]
) -> Iterator[Patch]:
    """Yield a patch, or the parts of it that leave the formulas in its place alone."""
    if _has_formulas(_range(layout.sheet, patch.top, patch.left, patch.height, patch.width)) is False:
        yield patch
        return
    first, left = patch.top - layout.header_row - 1, patch.left - layout.first_column
    rows = formulas()[first : first + patch.height]
    for column in range(patch.width):
        for start, end in _runs_without([row[left + column] for row in rows]):
            yield patch.part(start, column, end - start, 1)


def _completed(
    layout: _Layout, place: int, formula: str, formulas: Callable[[], Sequence[Sequence[object]]]
) -> Iterator[Patch]:
    """Yield what the cells of a calculated column without a formula get; nothing if it names a missing column."""
    cells = _column(layout, place)
    columns = _columns_in(layout, formula)
    if _has_formulas(cells) is True or columns is None:
        return
    for start, end in _runs_without([row[place] for row in formulas()]):
        top = layout.header_row + 1 + start
        texts = [["=" + _in_row(formula, columns, row)] for row in range(top, top + end - start)]
        yield Patch(layout.sheet.name, top, layout.first_column + place, texts, formulas=True)


def _linked(
    layout: _Layout, place: int, formula: str, rows: set[int], formulas: Callable[[], Sequence[Sequence[object]]]
) -> Iterator[Patch]:
    """Yield what some blank cells of a column get; nothing if the column holds anything but formulas."""
    columns = _columns_in(layout, formula)
    found = [str(row[place] or "") for row in formulas()]
    if columns is None or any(text and not text.startswith("=") for text in found):
        return
    for row in sorted(row for row in rows if not found[row]):
        number = layout.header_row + 1 + row
        text = "=" + _in_row(formula, columns, number)
        yield Patch(layout.sheet.name, number, layout.first_column + place, [[text]], formulas=True)


def _columns_in(layout: _Layout, formula: str) -> dict[str, int] | None:
    """Return the sheet columns a formula names, by header; None if one is missing."""
    named = {header: layout.column(header) for header in _PLACEHOLDER.findall(formula)}
    found = {header: layout.first_column + at for header, at in named.items() if at is not None}
    return found if len(found) == len(named) else None


def _in_row(formula: str, columns: Mapping[str, int], row: int) -> str:
    return _PLACEHOLDER.sub(lambda match: cell_address(row, columns[match[1]]), formula)


def _column(layout: _Layout, place: int) -> xw.Range:
    return _range(layout.sheet, layout.header_row + 1, layout.first_column + place, layout.height, 1)


def _runs_without(formulas: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield where the runs of cells without a formula start, and where they end."""
    start = 0
    for place, text in enumerate([*formulas, "="]):
        if str(text).startswith("="):
            if place > start:
                yield start, place
            start = place + 1


def _as_rows(given: Any, height: int, width: int) -> Sequence[Sequence[object]]:
    """Return what a range's formulas are, row by row, whatever shape the range gave them."""
    if not isinstance(given, (list, tuple)):
        return [[given]]
    if isinstance(given[0], (list, tuple)):
        return list(given)
    return [given] if height == 1 else [[each] for each in given]


def _has_formulas(cells: xw.Range) -> bool | None:
    """Tell whether all cells of a range hold a formula, or none, or only some (None).

    Excel on Windows knows without the formulas being read.
    """
    try:
        answer = cells.api.HasFormula
    except AttributeError:
        height, width = cells.shape
        each = {str(text).startswith("=") for row in _as_rows(cells.formula, height, width) for text in row}
        return each.pop() if len(each) == 1 else None
    return None if answer is None else bool(answer)
