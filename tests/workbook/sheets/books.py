"""Small workbooks made in a test: some tables, some named cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table as ExcelTable

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.tables.table import Table


def make_book(
    path: Path,
    tables: Mapping[Table, Sequence[Sequence[Value]]] | None = None,
    cells: Mapping[str, Value] | None = None,
    blocks: Mapping[str, tuple[int, int]] | None = None,
) -> FileBook:
    """Write a workbook with tables on sheets of their own, named cells on Settings and named blocks; open it."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Settings"
    for row, (name, value) in enumerate((cells or {}).items(), 3):
        sheet.cell(row, 2, value)  # type: ignore[arg-type]  # an ErrorValue never stands here
        workbook.defined_names[name] = DefinedName(name, attr_text=f"Settings!$B${row}")
    for table, rows in (tables or {}).items():
        page = workbook.create_sheet(table.name)
        page.append(table.headers)
        for row_values in rows:
            page.append(list(row_values))
        last = get_column_letter(len(table.columns))
        page.add_table(ExcelTable(displayName=table.name, ref=f"A1:{last}{max(len(rows), 1) + 1}"))
    for name, (height, width) in (blocks or {}).items():
        workbook.create_sheet(name)
        workbook.defined_names[name] = DefinedName(name, attr_text=f"{name}!$A$1:${get_column_letter(width)}${height}")
    workbook.save(path)
    return FileBook(path)


def block(path: Path, name: str) -> list[list[Value]]:
    """Return what a named block of a saved `make_book` holds; a day is its number, as its cells have no format."""
    workbook = openpyxl.load_workbook(path)
    left, top, right, bottom = range_boundaries(workbook.defined_names[name].attr_text.partition("!")[2])
    rows = workbook[name].iter_rows(top, bottom, left, right, values_only=True)
    return [list(row) for row in rows]  # type: ignore[arg-type]  # it holds what was written


def serial(day: date) -> int:
    """Return a day as a cell without a format shows it."""
    return (day - date(1899, 12, 30)).days
