"""Kopilot workbooks made in a test: the template, filled with a few rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import actions, clients, transactions
from kopilot_xl.workbook.tables.table import Table
from kopilot_xl.workbook.template import TEMPLATE

AS_OF = date(2026, 7, 1)
NOW = datetime(2026, 7, 1, 9, 30)

CLIENTS: list[Sequence[Value]] = [
    ["A1", "Alder & Co", date(2024, 1, 10)],
    ["B2", "Birch Studio", date(2024, 2, 1)],
    ["C3", "Cedar AG", date(2023, 5, 5)],
    ["D4", "Dogwood", date(2023, 6, 1)],
    ["E5", "Elm Partners", date(2022, 3, 3)],
    ["F6", "Fir & Sons", date(2026, 5, 20)],
    ["G7", "Ginkgo", date(2026, 6, 2)],
    [1001, "Hazel", date(2025, 1, 1)],
]
"""One client per segment but Canceled (the last one is Active too, with a number as its id)."""

TRANSACTIONS: list[Sequence[Value]] = [
    ["A1", date(2026, 6, 1), 1200.0, "Paid", "R1"],
    ["a1 ", date(2026, 3, 15), 800.0, "Sent", "R2"],
    ["B2", date(2025, 12, 20), 2000.0, "Paid", "R3"],
    ["C3", date(2025, 9, 1), 5000.0, "Paid", "R4"],
    ["D4", date(2025, 6, 10), 700.0, "Paid", "R5"],
    ["E5", date(2024, 11, 1), 900.0, "Paid", "R6"],
    ["F6", date(2026, 9, 1), 3000.0, "Planned", "R7"],
    [1001, date(2026, 6, 15), 450.0, None, "R8"],
]

SEGMENTS = ["Active", "Sleeping Away", "Hibernating", "Leaving", "Lost", "New", "No Activity", "Active"]
"""The segments of `CLIENTS` as of `AS_OF`."""


def make_portfolio(
    path: Path,
    client_rows: Sequence[Sequence[Value]] = CLIENTS,
    transaction_rows: Sequence[Sequence[Value]] = TRANSACTIONS,
    action_rows: Sequence[Sequence[Value]] = (),
    settings: Mapping[str, Value] | None = None,
    template: Path = TEMPLATE,
) -> Path:
    """Write a workbook with these rows in the user's columns, and these named settings; return its path."""
    book = FileBook(template)
    for table, rows in (
        (clients.TABLE, client_rows),
        (transactions.TABLE, transaction_rows),
        (actions.TABLE, action_rows),
    ):
        book.write_table(table.name, _columns(table, rows))
    for name, value in (settings or {}).items():
        assert book.write_block(name, [[value]])
    book.save(path)
    return path


def _columns(table: Table, rows: Sequence[Sequence[Value]]) -> dict[str, list[Value]]:
    mine = [each for each in table.columns if not each.written]
    return {column.header: [row[at] if at < len(row) else None for row in rows] for at, column in enumerate(mine)}


def column(path: Path, table: str, header: str) -> list[Value]:
    """Return what a column shows, as calamine reads it."""
    data = FileBook(path).table(table)
    at = list(data.headers).index(header)
    return [row[at] for row in data.rows]


def named_block(path: Path, name: str) -> list[list[Value]]:
    """Return the cells of a named block of a saved workbook, as openpyxl reads them."""
    import openpyxl

    workbook = openpyxl.load_workbook(path, data_only=True, keep_vba=True)
    ((sheet, area),) = workbook.defined_names[name].destinations
    cells = workbook[sheet][area]
    rows = cells if isinstance(cells, tuple) else ((cells,),)
    return [[cell.value for cell in row] for row in rows]
