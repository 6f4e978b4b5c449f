"""The workbook of every released version is refreshed, updated, reported and upgraded, and loses nothing on the way."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from kopilot_xl import check, forecast, open_book, refresh, report, segment, update, upgrade
from kopilot_xl.usecases.upgrade.in_place import Upgraded
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.file.grafting import Outcome
from kopilot_xl.workbook.tables.problems import Code
from tests.invariants import assert_sound

NOW = datetime(2026, 7, 1, 8, 30)
RELEASED = sorted((Path(__file__).parents[2] / "workbooks").glob("*.xlsm"))


@pytest.fixture(params=RELEASED, ids=lambda path: path.stem)
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return Path(shutil.copy(request.param, tmp_path / "book.xlsm"))


def column(path: Path, table: str, header: str) -> list[Value]:
    data = open_book(path).table(table)
    at = list(data.headers).index(header)
    return [row[at] for row in data.rows]


def test_it_is_refreshed_as_it_is(book: Path) -> None:
    found = refresh(book, now=NOW)
    assert_sound(book)
    assert column(book, "Clients", "Segment") == [client.segment for client in found.clients]
    assert Code.OLDER_WORKBOOK in {problem.code for problem in found.problems}
    assert check(book, now=NOW).summary == found.summary
    once = book.read_bytes()
    refresh(book, now=NOW)
    assert book.read_bytes() == once


def test_it_is_reported_forecast_and_segmented(book: Path) -> None:
    before = book.read_bytes()
    assert report(book, NOW.date()).path.read_text("utf-8").startswith("<!doctype html>")
    assert forecast(book).forecast.months
    assert len(segment(book, book, as_of=NOW.date())) == len(column(book, "Clients", "Client ID"))
    assert book.read_bytes() == before


def test_it_is_updated(book: Path, tmp_path: Path) -> None:
    ids, rows = column(book, "Clients", "Client ID"), column(book, "Transactions", "Reference")
    people, invoices = tmp_path / "clients.csv", tmp_path / "invoices.csv"
    people.write_text(f"Client ID,Client,Created on\n{ids[0]},,\nZ9,Zelkova,2026-05-01\n", "utf-8")
    invoices.write_text("Client ID,Issue date,Amount,Status,Invoice number\nZ9,2026-06-15,125,Paid,N-1\n", "utf-8")
    made = update(book, people, invoices, now=NOW)
    assert [row.name for row in made.clients.added] == ["Zelkova"]
    assert len(made.transactions.added) == 1
    assert_sound(book)
    assert "Z9" in column(book, "Clients", "Client ID")
    assert column(book, "Transactions", "Reference")[: len(rows)] == rows


def test_it_is_upgraded_and_keeps_what_is_in_it(book: Path) -> None:
    kept = {
        (table, header): column(book, table, header)
        for table, header in (
            ("Clients", "Client ID"), ("Clients", "Created on"), ("Transactions", "Amount"), ("Actions", "Action"),
            ("History", "Date"),
        )
    }  # fmt: skip
    made = upgrade(book)
    assert isinstance(made, Upgraded)
    assert not made.cannot
    assert made.macros is not None
    assert made.macros.outcome is Outcome.REPLACED
    assert_sound(book)
    assert {place: column(book, *place) for place in kept} == kept
    found = refresh(book, now=NOW)
    assert_sound(book)
    assert not {Code.OLDER_WORKBOOK, Code.MISSING_SHEET} & {problem.code for problem in found.problems}
    again = upgrade(book)
    assert isinstance(again, Upgraded)
    assert again.is_current


def test_an_upgrade_and_a_refresh_tell_the_same_segments_as_before(book: Path) -> None:
    before = [client.segment for client in check(book, now=NOW).clients]
    upgrade(book)
    assert [client.segment for client in refresh(book, now=NOW).clients] == before


def test_there_is_a_workbook_of_a_released_version() -> None:
    assert RELEASED
