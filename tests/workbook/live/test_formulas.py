"""Formulas of calculated columns stay, and blank cells get theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from kopilot_xl.usecases.refresh import refresh
from kopilot_xl.workbook.live.book import LiveBook
from tests.excel.stand_in import StandIn
from tests.portfolios import CLIENTS, NOW, make_portfolio
from tests.workbook.live.test_book import ACTIONS


def test_formulas_stay(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    clients = excel.workbook["Clients"]
    clients["H4"] = "=1000+1"
    refresh(LiveBook(excel.book), now=NOW)
    assert [clients.cell(row, 4).value for row in range(2, 10)] == [f"=SEGMENT(A{row})" for row in range(2, 10)]
    assert clients["H4"].value == "=1000+1"
    assert [clients.cell(row, 8).value for row in (2, 3, 5)] == [2000.0, 2000.0, 700.0]
    excel.steps.clear()
    refresh(LiveBook(excel.book), now=NOW)
    assert not [what for kind, what in excel.steps if kind == "write" and what.startswith("Clients!D")]


@pytest.mark.parametrize("own", [False, True], ids=["ours", "somebody else's"])
def test_only_a_client_of_the_log_gets_a_link(tmp_path: Path, own: bool) -> None:
    excel = StandIn(make_portfolio(tmp_path / "book.xlsm", action_rows=ACTIONS))
    clients = excel.workbook["Clients"]
    column = next(cell.column for cell in clients[1] if cell.value == "In Actions")
    if own:
        clients.cell(9, column).value = "mine"
    refresh(LiveBook(excel.book), now=NOW)
    linked = {clients.cell(row, 1).value for row in range(3, 10) if clients.cell(row, column).data_type == "f"}
    assert linked == (set() if own else {row[1] for row in ACTIONS} & {row[0] for row in CLIENTS[1:]})
    assert clients.cell(9, column).value == ("mine" if own else None)


def test_a_segment_column_without_formulas_gets_values(plain: Path) -> None:
    path = plain
    excel = StandIn(path)
    for row in range(2, 10):
        excel.workbook["Clients"].cell(row, 4).value = None
    refresh(LiveBook(excel.book), now=NOW)
    assert excel.workbook["Clients"]["D2"].value == "Active"
