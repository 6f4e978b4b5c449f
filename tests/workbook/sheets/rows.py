"""Tables made in a test, as a book would give them."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.tables.problems import Problem
from kopilot_xl.workbook.tables.table import Table, TableRows


def table_rows(table: Table, headers: Sequence[str], *rows: Sequence[Value]) -> TableRows:
    """Return rows that stand under their headers in row 1 of a sheet."""
    return table.read(TableData(table.name, table.name, 1, 1, headers, rows), "book.xlsx")


def told(problems: Sequence[Problem]) -> list[str]:
    """Return the findings as a user reads them."""
    return [str(problem) for problem in problems]
