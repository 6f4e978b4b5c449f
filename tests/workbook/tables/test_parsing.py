"""Cells as people type them and programs export them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.workbook.book import ErrorValue, Value
from kopilot_xl.workbook.tables.parsing import (
    DateOrder,
    UnreadableError,
    from_serial,
    read_amount,
    read_date,
    read_moment,
    shown,
)
from kopilot_xl.workbook.tables.problems import Code

DATES: list[tuple[str, Value, DateOrder | None, date | None]] = [
    ("a date", date(2026, 4, 3), None, date(2026, 4, 3)),
    ("a time of day is dropped", datetime(2026, 4, 3, 23, 59), None, date(2026, 4, 3)),
    ("an Excel serial", 46115.0, None, date(2026, 4, 3)),
    ("a serial with a time", 46115.75, None, date(2026, 4, 3)),
    ("the first serial", 1, None, date(1900, 1, 1)),
    ("the serial before the day that never was", 59, None, date(1900, 2, 28)),
    ("the serial after it", 61, None, date(1900, 3, 1)),
    ("the last serial", 2958465, None, date(9999, 12, 31)),
    ("ISO", "2026-04-03", None, date(2026, 4, 3)),
    ("ISO with slashes", "2026/04/03", None, date(2026, 4, 3)),
    ("ISO with a time", "2026-04-03T10:15:00Z", None, date(2026, 4, 3)),
    ("blanks around", "  2026-04-03 ", None, date(2026, 4, 3)),
    ("a day above 12 first", "13/04/2026", None, date(2026, 4, 13)),
    ("a day above 12 second", "04/13/2026", None, date(2026, 4, 13)),
    ("dots", "31.12.2025", None, date(2025, 12, 31)),
    ("day and month alike", "04/04/2026", None, date(2026, 4, 4)),
    ("day first by setting", "03/04/2026", DateOrder.DMY, date(2026, 4, 3)),
    ("month first by setting", "03/04/2026", DateOrder.MDY, date(2026, 3, 4)),
    ("a day above 12 beats the setting", "04/13/2026", DateOrder.DMY, date(2026, 4, 13)),
    ("a month by name", "3 April 2026", None, date(2026, 4, 3)),
    ("a month by short name", "03-Apr-2026", None, date(2026, 4, 3)),
    ("month first by name", "April 3, 2026", None, date(2026, 4, 3)),
    ("a leap day", "29.02.2024", None, date(2024, 2, 29)),
    ("blank", None, None, None),
    ("only blanks", "   ", None, None),
]

NO_DATES: list[tuple[str, Value, str]] = [
    ("two possible days", "03/04/2026", "could be 3 April or 4 March. Write 2026-04-03, or set Date order"),
    ("two possible days with a time", "03/04/2026 10:00", "could be 3 April or 4 March"),
    ("words", "soon", '"soon" is not a date. Write it as 2026-04-03.'),
    ("no such day", "31.02.2026", "is not a date"),
    ("no leap day that year", "29/02/2026", "is not a date"),
    ("a two-digit year", "13/04/26", "is not a date"),
    ("the serial of the day that never was", 60, "is not a date"),
    ("serial nought", 0, "is not a date"),
    ("a negative serial", -5.0, "is not a date"),
    ("a serial past Excel's calendar", 2958466, "is not a date"),
    ("not a number", float("nan"), "is not a date"),
    ("a truth value", True, "is not a date"),
    ("a time alone", time(10, 0), "is not a date"),
    ("an error", ErrorValue("#N/A"), '"#N/A" is not a date'),
    ("no such time", "2026-04-03 25:00", "has no such time of day"),
]

AMOUNTS: list[tuple[str, Value, str | None, float | None]] = [
    ("a number", 1200.5, None, 1200.5),
    ("a whole number", 1200, None, 1200.0),
    ("a credit note", -300.0, None, -300.0),
    ("digits", "1200", None, 1200.0),
    ("point decimals", "1200.50", None, 1200.5),
    ("comma decimals", "1200,50", None, 1200.5),
    ("one decimal", "99,5", None, 99.5),
    ("both signs, English", "1,234,567.89", None, 1234567.89),
    ("both signs, German", "1.234.567,89", None, 1234567.89),
    ("groups by blanks", "1 234 567,89", None, 1234567.89),
    ("groups by narrow blanks", "1\u202f234,50", None, 1234.5),
    ("groups by apostrophes", "1'234.50", None, 1234.5),
    ("groups without decimals", "1,234,567", None, 1234567.0),
    ("no leading nought", ".5", None, 0.5),
    ("a sign in front", "-1200.50", None, -1200.5),
    ("a sign behind", "1200.50-", None, -1200.5),
    ("in brackets", "(300.00)", None, -300.0),
    ("a typographic minus", "−300.00", None, -300.0),
    ("a currency sign", "€ 1.200,50", None, 1200.5),
    ("a currency behind", "1 200,50 EUR", None, 1200.5),
    ("a currency between sign and digits", "-$300.00", None, -300.0),
    ("thousands, decimal point known", "1,234", ".", 1234.0),
    ("thousands, decimal comma known", "1.234", ",", 1234.0),
    ("three decimals, decimal point known", "1.234", ".", 1.234),
    ("a nought and three decimals", "0.125", None, 0.125),
    ("blank", None, None, None),
    ("only blanks", "  ", None, None),
]

NO_AMOUNTS: list[tuple[str, Value, str]] = [
    ("two possible amounts", "1,234", "could be 1234 or 1.234"),
    ("words", "n/a", '"n/a" is not an amount. Write a number.'),
    ("a date", date(2026, 4, 3), "is not an amount"),
    ("a truth value", True, "is not an amount"),
    ("an error", ErrorValue("#REF!"), '"#REF!" is not an amount'),
    ("infinite", float("inf"), "is not an amount"),
    ("broken groups", "1,23,456.00", "is not an amount"),
    ("signs only", "-", "is not an amount"),
]


@pytest.mark.parametrize(("case", "value", "order", "expected"), DATES, ids=[each[0] for each in DATES])
def test_a_date_is_read(case: str, value: Value, order: DateOrder | None, expected: date | None) -> None:
    assert read_date(value, order) == expected


@pytest.mark.parametrize(("case", "value", "reason"), NO_DATES, ids=[each[0] for each in NO_DATES])
def test_a_doubtful_date_is_refused_with_the_way_out(case: str, value: Value, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read_date(value)
    assert reason in str(refused.value)
    assert (refused.value.code is Code.AMBIGUOUS_DATE) == ("could be" in reason)


@given(st.dates(date(1900, 3, 1), date(9999, 12, 31)))
def test_every_day_is_read_back_from_its_serial_and_its_iso_text(day: date) -> None:
    assert from_serial((day - date(1899, 12, 30)).days).date() == day
    assert read_date(day.isoformat()) == day


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)))
def test_a_text_date_is_never_read_as_another_day(day: date) -> None:
    text = f"{day.day:02}/{day.month:02}/{day.year:04}"
    assert read_date(text, DateOrder.DMY) == day
    try:
        assert read_date(text) == day
    except UnreadableError:
        assert day.day <= 12


def test_a_moment_keeps_its_time() -> None:
    assert read_moment("2026-04-03 14:30") == datetime(2026, 4, 3, 14, 30)
    assert read_moment(46115.5) == datetime(2026, 4, 3, 12, 0)
    assert read_moment(date(2026, 4, 3)) == datetime(2026, 4, 3)


@pytest.mark.parametrize(("case", "value", "decimal", "expected"), AMOUNTS, ids=[each[0] for each in AMOUNTS])
def test_an_amount_is_read(case: str, value: Value, decimal: str | None, expected: float | None) -> None:
    assert read_amount(value, decimal) == expected


@pytest.mark.parametrize(("case", "value", "reason"), NO_AMOUNTS, ids=[each[0] for each in NO_AMOUNTS])
def test_a_doubtful_amount_is_refused(case: str, value: Value, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read_amount(value)
    assert reason in str(refused.value)
    assert (refused.value.code is Code.AMBIGUOUS_AMOUNT) == ("could be" in reason)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False))
def test_an_amount_with_two_decimals_is_read_in_both_notations(number: object) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(".,", ",."))
    assert read_amount(english) == pytest.approx(float(str(number)))
    assert read_amount(german) == pytest.approx(float(str(number)))


@given(st.text())
def test_no_text_makes_reading_fail_in_another_way(text: str) -> None:
    for read in (read_date, read_moment, read_amount):
        with suppress(UnreadableError):
            read(text)


def test_a_value_is_shown_as_in_its_cell() -> None:
    assert [shown(each) for each in (None, 1001.0, 1.5, True, date(2026, 4, 3), ErrorValue("#N/A"))] == [
        "", "1001", "1.5", "TRUE", "2026-04-03", "#N/A",
    ]  # fmt: skip
