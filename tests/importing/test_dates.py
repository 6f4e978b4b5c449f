"""Dates as programs write them, and the order of day and month that a column proves."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kopilot_xl.importing.date_texts import reading
from kopilot_xl.importing.dates import DateDoubt, read_dates
from kopilot_xl.workbook.book import Value
from kopilot_xl.workbook.tables.parsing import DateOrder

DAY = date(2026, 10, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-05", "2026/10/5", "2026.10.05", "20261005", "2026-10-05 10:15:00", "2026-10-05T10:15:00Z",
        "2026-10-05T10:15:00+02:00", "2026-10-05 02:38:54 UTC", "2026-10-05 09:01:12.123456", "05-Oct-26", "5 Oct 2026",
        "Oct 5, 2026", "October 5th, 2026", "Monday, October 5, 2026", "Mon 5 Oct 2026", "5 oct. 2026", "5 "
        "octobre 2026",
        "lundi 5 octobre 2026", "5. Oktober 2026", "5 de octubre de 2026", "5 ottobre 2026", "5 de outubro de 2026",
        "5 oktober 2026", "5. října 2026", "5 października 2026", "5. okt. 2026", "Oct 5, 2026, 10:15 AM",
        "2026 Oct 5",
    ],
)  # fmt: skip
def test_a_day_that_leaves_no_doubt(text: str) -> None:
    assert read_dates([text], None).values == [DAY]


@pytest.mark.parametrize(
    "text",
    ["Paid", "INV-101", "12 boulevard", "Apr 3", "2026-10", "10001", "1 st", "2026-13-40", "Accrual basis, "
    "printed 30 June 2026",
     "Invoice 5 of October 2026"],
)  # fmt: skip
def test_what_is_no_date(text: str) -> None:
    assert reading(text) is None


@pytest.mark.parametrize(
    ("texts", "expected", "order"),
    [
        (["05/10/2026", "28/01/2026"], ["2026-10-05", "2026-01-28"], DateOrder.DMY),
        (["10/05/2026", "01/28/2026"], ["2026-10-05", "2026-01-28"], DateOrder.MDY),
        (["10/5/26", "1/28/26"], ["2026-10-05", "2026-01-28"], DateOrder.MDY),
        (["5. 10. 2026", "7. 8. 2026"], ["2026-10-05", "2026-08-07"], DateOrder.DMY),
        (["05.10.26", "07.08.26"], ["2026-10-05", "2026-08-07"], DateOrder.DMY),
        (["10/05/2026 10:15 AM", "01/28/2026 3:00 PM"], ["2026-10-05", "2026-01-28"], DateOrder.MDY),
        (["05/05/2026"], ["2026-05-05"], DateOrder.DMY),
    ],
)
def test_a_column_proves_its_order(texts: list[Value], expected: list[str], order: DateOrder) -> None:
    read = read_dates(texts, None)
    assert ([str(each) for each in read.values], read.order) == (expected, order)


def test_what_the_column_proves_is_said() -> None:
    (note,) = read_dates(["05/10/2026", "28/01/2026"], None).notes
    assert note == 'day and month are read as "28/01/2026" shows them (DMY).'


def test_the_other_dates_of_a_file_prove_the_order_where_a_column_does_not() -> None:
    read = read_dates(["05/10/2026"], None, beside=[["2026-01-01"], ["28/11/2026"]])
    assert read.values == [DAY]
    assert "as the other dates of the file show" in read.notes[0]


@pytest.mark.parametrize(
    ("values", "given_order", "code"),
    [
        (["03/04/2026"], None, "ambiguous-date"),
        (["28/01/2026"], DateOrder.MDY, "date-order"),
        (["28/01/2026", "01/28/2026"], None, "date-order-mixed"),
        (["28/01/2026", "01/28/2026"], DateOrder.DMY, "date-order-mixed"),
        ([date(2026, 5, 10), date(2026, 7, 8), "28/01/2026"], DateOrder.DMY, "dates-swapped"),
        ([510.0, 2801.0], None, "date-without-year"),
        (["0510", "2801"], None, "date-without-year"),
    ],
)
def test_a_doubt(values: list[Value], given_order: DateOrder | None, code: str) -> None:
    with pytest.raises(DateDoubt) as doubt:
        read_dates(values, given_order)
    assert doubt.value.code == code


def test_true_dates_beside_texts_that_no_spreadsheet_swapped() -> None:
    assert read_dates([date(2026, 5, 10), "2026-10-05"], None).values[1] == DAY
    assert read_dates([date(2026, 5, 28), "28/01/2026"], None).values[1] == date(2026, 1, 28)


@pytest.mark.parametrize("values", [[510.0, 2801.0], ["0510", "2801"], ["05.10.", "28.01."]])
def test_days_without_a_year(values: list[Value]) -> None:
    assert read_dates(values, None, year=2026).values == [DAY, date(2026, 1, 28)]
    period = (date(2026, 2, 1), date(2027, 1, 31))
    assert read_dates(values, None, period=period).values == [DAY, date(2027, 1, 28)]
    with pytest.raises(DateDoubt, match="longer than one"):
        read_dates(values, None, period=(date(2025, 1, 1), date(2026, 12, 31)))


def test_numbers_that_are_days() -> None:
    assert read_dates([46300.0, 20261005.0, 1791158400.0, 1791158400000.0], None).values == [DAY] * 4


def test_years_first_in_two_digits() -> None:
    texts: list[Value] = [
        f"26/{month:02}/{day:02}" for month, day in [(1, 5), (2, 17), (3, 28), (4, 9), (5, 11), (6, 30), (7, 1)]
    ]
    assert read_dates(texts, None, latest=date(2028, 1, 1)).values[1] == date(2026, 2, 17)


def test_lenient_leaves_only_what_could_be_two_days() -> None:
    read = read_dates(["03/04/2026", "28/01/2026", "2026-10-05", "13/13/2026"], None, lenient=True)
    assert read.values[1:3] == [date(2026, 1, 28), DAY]
    read = read_dates(["03/04/2026"], None, lenient=True)
    assert (read.values, read.unread) == (["03/04/2026"], (0,))


@given(st.dates(date(1990, 1, 1), date(2068, 12, 31)))
def test_any_day_in_any_form(day: date) -> None:
    forms = [day.isoformat(), f"{day:%Y%m%d}", f"{day:%d %B %Y}", f"{day:%b %d, %Y}", f"{day:%d-%b-%y}"]
    assert read_dates(forms, None).values == [day] * len(forms)
    assert read_dates([f"{day:%d/%m/%Y}"], DateOrder.DMY).values == [day]


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    reading(text)
