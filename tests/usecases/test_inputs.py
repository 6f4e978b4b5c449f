"""What is read before a calculation: the day, and the earlier day to compare with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from kopilot_xl import open_book, refresh
from kopilot_xl.domain.movements import Baseline
from kopilot_xl.domain.rules import FIRST_DAY
from kopilot_xl.errors import SettingError
from kopilot_xl.usecases.inputs import read, read_baseline
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.sheets.registry import is_kopilot_book
from tests.portfolios import AS_OF, NOW, make_portfolio
from tests.workbook.sheets.books import make_book

MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("given", "setting", "expected"),
    [
        pytest.param(None, None, AS_OF, id="today"),
        pytest.param(None, date(2026, 6, 30), date(2026, 6, 30), id="the setting"),
        pytest.param(date(2026, 5, 1), date(2026, 6, 30), date(2026, 5, 1), id="what is given beats the setting"),
    ],
)
def test_the_day(given: date | None, setting: Value, expected: date, tmp_path: Path) -> None:
    book = open_book(make_portfolio(tmp_path / "book.xlsm", settings={"AsOf": setting} if setting else {}))
    assert read(book, given, AS_OF).as_of == expected


def test_a_day_out_of_range_is_refused(tmp_path: Path) -> None:
    book = open_book(make_portfolio(tmp_path / "book.xlsm"))
    with pytest.raises(SettingError, match="the as-of date must lie between"):
        read(book, FIRST_DAY - timedelta(days=1), AS_OF)


def test_a_workbook_never_refreshed_has_nothing_to_compare_with(tmp_path: Path) -> None:
    assert read_baseline(open_book(make_portfolio(tmp_path / "book.xlsm")), AS_OF) is None


def test_compared_is_with_what_the_refresh_before_stored(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    for day in (AS_OF - 2 * MONTH, AS_OF - MONTH):
        refresh(path, day, now=datetime.combine(day, NOW.time()))
    stored = read_baseline(open_book(path), AS_OF)
    assert isinstance(stored, Baseline)
    assert (stored.since, stored.reconstructed) == (AS_OF - MONTH, False)
    # A second refresh of the same day compares with the day before it, not with itself.
    again = read_baseline(open_book(path), AS_OF - MONTH)
    assert isinstance(again, Baseline)
    assert again.since == AS_OF - 2 * MONTH


def test_where_nothing_earlier_is_stored_it_is_the_date_before_in_history(tmp_path: Path) -> None:
    path = make_portfolio(tmp_path / "book.xlsm")
    refresh(path, AS_OF, now=NOW, backfill=2)
    assert read_baseline(open_book(path), AS_OF - timedelta(days=1)) == date(2026, 5, 31)


def test_a_kopilot_workbook_is_known_by_its_hidden_sheet_or_a_setting(tmp_path: Path) -> None:
    assert is_kopilot_book(open_book(make_portfolio(tmp_path / "ours.xlsm")))
    assert is_kopilot_book(make_book(tmp_path / "settings.xlsx", cells={"ActiveMonths": 4}))
    assert not is_kopilot_book(make_book(tmp_path / "theirs.xlsx", cells={"Company": "Alder"}))
