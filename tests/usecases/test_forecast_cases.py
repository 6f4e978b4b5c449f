"""Portfolios whose forecast once was wrong: a lost giant, a lost only client, plans above all else, a double plan."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kopilot_xl import open_book, refresh
from kopilot_xl.cli.group import app
from kopilot_xl.domain.forecasting import YEAR, first_day, month_of
from kopilot_xl.usecases.forecast import Foretold, forecast_book
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets import forecast
from tests.portfolios import NOW, make_portfolio
from tests.workbook.sheets.test_forecast import block

AS_OF = date(2026, 6, 30)
PEOPLE: list[list[Value]] = [[key, f"Client {key}", date(2020, 1, 1)] for key in ("BIG", "MID", "SMALL")]
AMOUNTS = {"BIG": 10_000.0, "MID": 1_000.0, "SMALL": 500.0}


def steady(*clients: str) -> list[list[Value]]:
    """Invoices of clients on the first of each of the last 36 months."""
    return [
        [client, first_day(month_of(AS_OF) - back), AMOUNTS[client], "Paid"] for client in clients for back in range(36)
    ]


def found(
    path: Path, rows: list[list[Value]], actions: Sequence[Sequence[Value]] = (), as_of: date = AS_OF
) -> Foretold:  # fmt: skip
    return forecast_book(open_book(make_portfolio(path / "book.xlsm", PEOPLE, rows, actions)), as_of)


def test_a_lost_giant_takes_what_was_expected_of_it_along(tmp_path: Path) -> None:
    rows = steady("BIG", "MID", "SMALL")
    before = found(tmp_path, rows).forecast
    after = found(tmp_path, rows, [[AS_OF, "BIG", "Mark lost"]])
    assert before.mix is not None
    assert after.forecast.mix is not None
    assert min(before.mix.months) > 11_000
    assert all(1_350 < month < 1_650 for month in after.forecast.mix.months)
    assert after.forecast.high is None or max(after.forecast.high) < 1_650
    assert after.forecast.clients["big"].amount == 0
    assert "BIG" not in {call.client.id for month in after.prepared for call in month.calls}
    assert {month.to_call for month in after.prepared} == {2}


def test_of_a_lost_only_client_nothing_is_expected_and_nobody_is_called(tmp_path: Path) -> None:
    as_of = AS_OF + timedelta(days=1)
    rows: list[list[Value]] = [*steady("MID"), ["MID", as_of, 1_000.0, "Paid"]]
    rows += [["MID", first_day(month_of(AS_OF) - back).replace(day=20), 300.0, "Paid"] for back in range(36)]
    told = found(tmp_path, rows, [[as_of, "MID", "Mark lost"]], as_of)
    assert told.forecast.expected == [0.0] * YEAR
    assert told.forecast.mix is not None
    assert told.forecast.mix.rest == 0
    assert (told.forecast.low, told.forecast.high) == (None, None)
    assert sum(month.to_call for month in told.prepared) == 0
    assert forecast.note(told.forecast, told.prepared) == "Nothing is expected in the next twelve months."


@pytest.mark.parametrize("amount", [50_000.0, 400_000.0])
@pytest.mark.parametrize("status", ["Planned", "Paid"])
def test_no_month_is_below_its_plan_and_no_share_above_all(amount: float, status: str, tmp_path: Path) -> None:
    rows: list[list[Value]] = [*steady("BIG", "MID", "SMALL"), ["SMALL", date(2026, 8, 14), amount, status]]
    told = found(tmp_path, rows)
    assert told.forecast.mix is not None
    assert told.forecast.total is not None
    assert told.prepared[1].total == amount
    assert told.forecast.mix.months[1] >= amount
    assert told.forecast.total.share_planned is not None
    assert told.forecast.total.share_planned <= 1
    refresh(open_book(tmp_path / "book.xlsm"), AS_OF, now=NOW)
    rows_shown = dict(zip(forecast.ROWS, block(tmp_path / "book.xlsm", forecast.MONTHS), strict=True))
    assert rows_shown["Planned already"][1] == amount
    assert float(rows_shown["Still open"][1] or 0) >= 0  # type: ignore[arg-type]


def test_a_plan_of_the_log_counts_as_one_of_the_table(tmp_path: Path) -> None:
    planned: list[Value] = ["SMALL", date(2026, 8, 14), 50_000.0, "Planned"]
    rows = steady("BIG", "MID", "SMALL")
    of_table = found(tmp_path, [*rows, planned])
    of_log = found(tmp_path, rows, [[AS_OF, "SMALL", "Plan revenue", date(2026, 8, 14), 50_000.0]])
    assert of_log.forecast == of_table.forecast
    assert of_log.prepared == of_table.prepared


def test_a_plan_and_the_invoice_written_ahead_for_it_are_expected_once(tmp_path: Path) -> None:
    rows: list[list[Value]] = [["MID", date(2026, 8, 10), 5_000.0, "Sent"]]
    actions: list[list[Value]] = [[AS_OF, "MID", "Plan revenue", date(2026, 8, 15), 5_000.0]]
    told = found(tmp_path, rows, actions, AS_OF + timedelta(days=1))
    assert told.forecast.mix is None
    assert [month.total for month in told.prepared] == [5_000.0, *[0] * 11]
    assert told.forecast.planned == [5_000.0, *[0.0] * 11]
    assert told.forecast.clients["mid"].amount == 5_000


def test_every_door_says_the_same(tmp_path: Path) -> None:
    rows: list[list[Value]] = [*steady("BIG", "MID", "SMALL"), ["SMALL", date(2026, 8, 14), 3_000.0, "Planned"]]
    told = found(tmp_path, rows, [[AS_OF, "BIG", "Mark lost"]])
    path = tmp_path / "book.xlsm"
    report = refresh(open_book(path), AS_OF, now=NOW)
    assert report.forecast == told.forecast
    assert report.prepared == told.prepared
    assert told.forecast.expected is not None
    expected = list(told.forecast.expected)
    assert block(path, forecast.MONTHS)[0][:YEAR] == pytest.approx(expected)
    runner = CliRunner()
    one = json.loads(runner.invoke(app, ["forecast", str(path), "--as-of", str(AS_OF), "--json"]).stdout)
    assert [month["expected"] for month in one["months"]] == pytest.approx(expected)
    two = json.loads(runner.invoke(app, ["refresh", str(path), "--as-of", str(AS_OF), "--json"]).stdout)
    assert two["forecast"]["total"] == one["total"]
    assert two["forecast"]["scenarios"] == one["scenarios"]
