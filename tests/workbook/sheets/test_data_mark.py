"""The mark of the data: the same in a file and handed over by Excel, another one whatever cell is other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.excel import udfs
from kopilot_xl.usecases.inputs import read
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import settings, snapshot
from kopilot_xl.workbook.sheets.data_mark import data_mark
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio

ACTIONS: list[list[Value]] = [[datetime(2026, 5, 1), "1001", "Plan revenue", date(2026, 9, 1), 500.0, "call"]]


def mark(path: Path) -> str:
    return data_mark(read(open_book(path), AS_OF, NOW.date()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_portfolio(tmp_path / "book.xlsm", CLIENTS, TRANSACTIONS, ACTIONS)


def test_a_refresh_stores_what_the_functions_in_excel_answer_for_the_same_data(path: Path) -> None:
    refresh(open_book(path), AS_OF, now=NOW)
    book = open_book(path)
    stored = book.sheet_values(snapshot.SHEET)[snapshot.SHAPE_ROW - 1][snapshot.DATA_COLUMN - 1]
    tables: list[Any] = [book.table(name) for name in ("Clients", "Transactions", "Actions")]
    given: list[Any] = [[list(each.headers), *map(list, each.rows)] for each in tables]
    named = [[each.name, book.cell(each.name)] for each in settings.ALL]
    answer = udfs.snapshot(given[0], given[1], given[2], named, datetime(2027, 1, 1), snapshot.FORMAT)
    assert answer[snapshot.SHAPE_ROW - 1][snapshot.DATA_COLUMN - 1] == stored
    refresh(open_book(path), date(2026, 8, 1), now=NOW)
    assert open_book(path).sheet_values(snapshot.SHEET)[3][snapshot.DATA_COLUMN - 1] == stored, (
        "another day, the same data"
    )


def _set(sheet: str, cell: str, value: Any) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        book[sheet][cell] = value

    return change


def _setting(book: Any) -> None:
    ((sheet, cell),) = book.defined_names["ActiveMonths"].destinations
    book[sheet][cell] = 3


def _reversed(book: Any) -> None:
    sheet = book["Transactions"]
    rows = [
        [cell.value for cell in row] for row in sheet.iter_rows(min_row=2, max_row=len(TRANSACTIONS) + 1, max_col=5)
    ]
    for number, row in enumerate(reversed(rows), 2):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column, value)


@pytest.mark.parametrize(
    ("change", "other"),
    [
        (_set("Clients", "B2", "Another name"), True),
        (_set("Clients", "C2", date(2019, 1, 1)), True),
        (_set("Transactions", "A2", CLIENTS[-1][0]), True),
        (_set("Transactions", "B2", date(2026, 1, 7)), True),
        (_set("Transactions", "C2", 17.25), True),
        (_set("Transactions", "C2", None), True),
        (_set("Transactions", "D2", "Overdue"), True),
        (_set("Actions", "C2", "Mark lost"), True),
        (_set("Actions", "E2", 501), True),
        (_setting, True),
        (_set("Guide", "Z9", "note"), False),
        (_set("Clients", "M2", "a note of the user's own"), False),
        (_reversed, False),
    ],
)  # fmt: skip
def test_other_data_have_another_mark(path: Path, change: Callable[[Any], None], other: bool) -> None:
    before = mark(path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    change(book)
    book.save(path)
    assert (mark(path) != before) is other
