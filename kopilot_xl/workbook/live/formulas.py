"""The formulas of calculated columns in a workbook open in Excel: which cells keep theirs, and which get one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from kopilot_xl.workbook.addresses import cell_address
from kopilot_xl.workbook.live.layout import Layout
from kopilot_xl.workbook.live.patches import Patch
from kopilot_xl.workbook.live.ranges import has_formulas, range_of

if TYPE_CHECKING:
    import xlwings as xw

TableFormulas = Callable[[], Sequence[Sequence[object]]]
"""Reads the formulas of all cells of a table, row by row; a cell without one has its value."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def column_of(layout: Layout, index: int) -> xw.Range:
    """Return the data cells of a column."""
    return range_of(layout.sheet, layout.header_row + 1, layout.first_column + index, layout.height, 1)


def around_formulas(layout: Layout, patch: Patch, formulas: TableFormulas) -> Iterator[Patch]:
    """Yield a patch, or the parts of it that leave the formulas under it alone."""
    if has_formulas(range_of(layout.sheet, patch.top, patch.left, patch.height, patch.width)) is False:
        yield patch
        return
    first, left = patch.top - layout.header_row - 1, patch.left - layout.first_column
    rows = formulas()[first : first + patch.height]
    for column in range(patch.width):
        for start, end in _runs_without([row[left + column] for row in rows]):
            yield patch.part(start, column, end - start, 1)


def completed(layout: Layout, index: int, formula: str, formulas: TableFormulas) -> Iterator[Patch]:
    """Yield what the cells of a calculated column without a formula get; nothing if it names a missing column."""
    cells = column_of(layout, index)
    columns = _columns_in(layout, formula)
    if has_formulas(cells) is True or columns is None:
        return
    for start, end in _runs_without([row[index] for row in formulas()]):
        top = layout.header_row + 1 + start
        texts = [["=" + _in_row(formula, columns, row)] for row in range(top, top + end - start)]
        yield Patch(layout.sheet.name, top, layout.first_column + index, texts, formulas=True)


def linked(layout: Layout, index: int, formula: str, rows: set[int], formulas: TableFormulas) -> Iterator[Patch]:
    """Yield what some blank cells of a column get; nothing if the column holds anything but formulas."""
    columns = _columns_in(layout, formula)
    found = [str(row[index] or "") for row in formulas()]
    if columns is None or any(text and not text.startswith("=") for text in found):
        return
    for row in sorted(row for row in rows if not found[row]):
        number = layout.header_row + 1 + row
        text = "=" + _in_row(formula, columns, number)
        yield Patch(layout.sheet.name, number, layout.first_column + index, [[text]], formulas=True)


def _columns_in(layout: Layout, formula: str) -> dict[str, int] | None:
    """Return the sheet columns a formula names, by header; None if one is missing."""
    named = {header: layout.index(header) for header in _PLACEHOLDER.findall(formula)}
    found = {header: layout.first_column + index for header, index in named.items() if index is not None}
    return found if len(found) == len(named) else None


def _in_row(formula: str, columns: Mapping[str, int], row: int) -> str:
    return _PLACEHOLDER.sub(lambda match: cell_address(row, columns[match[1]]), formula)


def _runs_without(formulas: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield where the runs of cells without a formula start, and where they end."""
    start = 0
    for index, text in enumerate([*formulas, "="]):
        if str(text).startswith("="):
            if index > start:
                yield start, index
            start = index + 1
