"""The lists that name clients: who leaves; long names and ids are cut, never tiny."""

from __future__ import annotations

from datetime import date

import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.book import FileBook
from kopilot_xl.workbook.sheets import outlook
from kopilot_xl.workbook.tables.table import Table
from tests.portfolios import AS_OF, NOW, make_portfolio

NUMBER, NAME = "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "Alder and all the other trees of the forest"
TABLES = (outlook.DEPARTURES,)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> FileBook:
    """A client that slept away within a month and was invoiced a year ago."""
    people: list[list[Value]] = [[NUMBER, NAME, date(2024, 1, 10)]]
    days = (date(2025, 8, 15), date(2026, 2, 15))
    path = make_portfolio(
        tmp_path_factory.mktemp("lists") / "book.xlsm", people, [[NUMBER, each, 70.0, "Paid"] for each in days]
    )
    for day in (date(2026, 6, 1), AS_OF):
        refresh(open_book(path), day, now=NOW)
    return FileBook(path)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_long_id_and_a_long_name_end_in_an_ellipsis(book: FileBook, table: Table) -> None:
    shown = [dict(zip(table.headers, row, strict=True)) for row in book.table(table.name).rows]
    assert {(row["Client ID"], str(row["Client"])[-1]) for row in shown} == {("3f2504e0-4f89-11…", "…")}
