"""Which clients have a card, where a workbook has more rows than the card keeps."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kopilot_xl import refresh
from kopilot_xl.workbook.opening import open_book
from kopilot_xl.workbook.sheets import client, client_data
from tests.portfolios import AS_OF, CLIENTS, NOW, TRANSACTIONS, make_portfolio


def cards(path: Path) -> list[str]:
    rows = open_book(path).sheet_values(client_data.CLIENTS)[client_data.HEAD_ROW :]
    return [str(row[client_data.LABEL]) for row in rows]


def test_every_client_has_a_card(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "all.xlsm")
    refresh(path, AS_OF, now=NOW)
    assert len(cards(path)) == len(CLIENTS)
    assert open_book(path).cell(client.BOUND) is None


def test_with_too_many_rows_those_that_leave_next_or_are_worth_most_have_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_data, "MOST_ROWS", 8)
    path = make_portfolio(tmp_path / "some.xlsm")
    refresh(path, AS_OF, now=NOW)
    # Dogwood leaves; Cedar and Fir are worth most; Alder has one row too many, and Birch is worth as much.
    assert cards(path) == ["Birch Studio (B2)", "Cedar AG (C3)", "Dogwood (D4)", "Fir & Sons (F6)"]
    assert open_book(path).cell(client.BOUND) == (
        "In the list: 4 clients that leave next or are worth most. 4 others are not: too many rows."
    )


def test_a_client_with_more_rows_than_there_is_room_for_keeps_no_other_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_data, "MOST_ROWS", 20)
    many = [["A1", AS_OF - timedelta(days=day), 10_000.0, "Paid", None] for day in range(30)]
    path = make_portfolio(tmp_path / "one.xlsm", transaction_rows=[*TRANSACTIONS, *many])
    refresh(path, AS_OF, now=NOW)
    assert "Alder & Co (A1)" not in cards(path)
    assert "Cedar AG (C3)" in cards(path)
