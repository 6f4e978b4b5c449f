"""How high the charts' axes reach: not at all where nothing is drawn, so that only words stand there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import chart_axes, forecast, outlook, trend
from tests.portfolios import AS_OF, NOW, make_portfolio

NOBODY, PLANS = outlook.REACHES.values()
ACTIVE: list[Value] = ["A1", "Alder", date(2024, 1, 10)]
GONE: list[Value] = ["B2", "Birch", date(2020, 1, 10)]


@pytest.mark.parametrize(
    ("clients", "sales", "clients_drawn", "amounts_drawn"),
    [
        ([], [], False, False),
        ([GONE], [], False, False),
        ([GONE], [["B2", date(2025, 1, 15), 70.0, "Paid"]], False, True),
        ([ACTIVE], [["A1", date(2026, 6, 1), 1200.0, "Paid"]], True, True),
        ([ACTIVE], [["A1", date(2026, 9, 1), 1200.0, "Planned"]], True, True),
    ],
    ids=["empty", "only a lost client", "a lost client with sales", "one client", "only planned"],
)
def test_an_axis_reaches_only_as_high_as_what_is_drawn(
    clients: Sequence[Sequence[Value]],
    sales: Sequence[Sequence[Value]],
    clients_drawn: bool,
    amounts_drawn: bool,
    tmp_path: Path,
) -> None:
    path = make_portfolio(tmp_path / "book.xlsm", clients, sales)
    refresh(open_book(path), AS_OF, now=NOW)
    height = chart_axes.FEWEST if clients_drawn else chart_axes.NOTHING
    assert {name: reach(path, name) for name in (trend.REACH, NOBODY, PLANS)} == dict.fromkeys(
        (trend.REACH, NOBODY, PLANS), height
    )
    assert reach(path, forecast.REACH) == (0 if amounts_drawn else chart_axes.NOTHING)


def reach(path: Path, name: str) -> Value:
    book = openpyxl.load_workbook(path, data_only=True)
    ((sheet, cell),) = book.defined_names[name].destinations
    return book[sheet][cell].value  # type: ignore[no-any-return]  # a number or nothing
