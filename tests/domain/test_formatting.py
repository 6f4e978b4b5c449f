"""How dates, amounts and counts read inside a sentence."""

from __future__ import annotations

from datetime import date

import pytest

from kopilot_xl.domain import formatting

MONTHS = [
    (1, "January"),
    (2, "February"),
    (3, "March"),
    (4, "April"),
    (5, "May"),
    (6, "June"),
    (7, "July"),
    (8, "August"),
    (9, "September"),
    (10, "October"),
    (11, "November"),
    (12, "December"),
]


@pytest.mark.parametrize(("month", "name"), MONTHS)
def test_a_date_is_written_out_in_english(month: int, name: str) -> None:
    assert formatting.day(date(2026, month, 1)) == f"1 {name} 2026"


def test_a_day_above_nine_has_two_digits() -> None:
    assert formatting.day(date(2024, 2, 29)) == "29 February 2024"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (5.0, "5"),
        (100, "100"),
        (1200, "1,200"),
        (1200.5, "1,200.50"),
        (1200.006, "1,200.01"),
        (1200.001, "1,200"),
        (1234567.89, "1,234,567.89"),
        (-1200, "-1,200"),
    ],
)
def test_an_amount_shows_cents_only_where_there_are_any(value: float, text: str) -> None:
    assert formatting.amount(value) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 clients"), (1, "1 client"), (2, "2 clients"), (1200, "1,200 clients")]
)
def test_a_count_agrees_with_its_noun(number: int, text: str) -> None:
    assert formatting.count(number, "client") == text


@pytest.mark.parametrize(("number", "text"), [(1, "1 entry"), (2, "2 entries")])
def test_a_noun_may_have_its_own_plural(number: int, text: str) -> None:
    assert formatting.count(number, "entry", "entries") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (0.125, "13%"),
        (0.285, "29%"),
        (0.284, "28%"),
        (1.0, "100%"),
        (12.345, "1235%"),
        (1e300, f"{10**302}%"),
    ],
)
def test_a_share_is_rounded_as_excel_rounds_it(value: float, text: str) -> None:
    assert formatting.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00"), (-0.004, "0.00"), (0.125, "+0.13"), (-0.125, "-0.13"), (0.1, "+0.10"), (1, "+1.00")],
)
def test_a_tilt_has_its_sign_and_is_rounded_as_excel_rounds_it(value: float, text: str) -> None:
    assert formatting.tilt(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (980.5, "981"), (981.5, "982"), (1234567.4, "1,234,567"), (-980.5, "-981")]
)
def test_a_whole_amount_is_rounded_as_excel_rounds_it(value: float, text: str) -> None:
    assert formatting.whole(value) == text
