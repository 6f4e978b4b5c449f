"""Retention and concentration: the guide's example, what leaves them blank, and any rows against the rules by hand."""

from __future__ import annotations

from dataclasses import astuple
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.retention import Concentration, Group, Retention, concentration, retention
from kopilot_xl.domain.retention_words import concentration_figures, retention_figures
from kopilot_xl.domain.rules import add_months
from tests.domain import oracle
from tests.domain.oracle import Person, Row

TODAY = date(2026, 7, 1)
BEFORE, THIS_YEAR = date(2025, 3, 1), date(2026, 3, 1)
EXAMPLE = [
    [(date(2024, 1, 1), 5.0), (BEFORE, 100.0), (THIS_YEAR, 150.0)],
    [(BEFORE, 100.0), (THIS_YEAR, 20.0)],
    [(BEFORE, 50.0)],
    [(date(2026, 5, 1), 80.0)],
]


def test_the_example_of_the_guide() -> None:
    assert retention(EXAMPLE, TODAY) == Retention(
        net=170 / 250,
        gross=120 / 250,
        clients_kept=2 / 3,
        gone=Group(1, 50.0),
        new=Group(1, 80.0),
        recovered=Group(0, 0.0),
    )
    assert concentration(EXAMPLE, TODAY) == Concentration(
        largest=0.6, largest_five=1.0, clients_for_80_percent=2, without_largest=100.0
    )


def test_a_client_invoiced_before_the_year_before_is_recovered() -> None:
    found = retention([*EXAMPLE, [(date(2023, 1, 1), 10.0), (THIS_YEAR, 30.0)]], TODAY)
    assert found is not None
    assert (found.new, found.recovered) == (Group(1, 80.0), Group(1, 30.0))


@pytest.mark.parametrize(
    ("first", "known"), [(date(2024, 7, 1), True), (date(2024, 7, 2), False)], ids=["24 months old", "a day less"]
)
def test_retention_needs_two_years(first: date, known: bool) -> None:
    assert (retention([[(first, 5.0), (BEFORE, 5.0)]], TODAY) is not None) == known


def test_retention_needs_revenue_in_the_year_before() -> None:
    assert retention([[(date(2020, 1, 1), 5.0), (THIS_YEAR, 5.0)]], TODAY) is None


def test_there_is_no_concentration_without_revenue() -> None:
    assert concentration([[(BEFORE, 5.0)], [(THIS_YEAR, -5.0)]], TODAY) is None
    assert concentration([], TODAY) is None


def test_the_boundaries_of_the_years_are_calendar_months_clipped() -> None:
    day = date(2024, 2, 29)
    rows = [[(date(2020, 1, 1), 1.0), (date(2023, 2, 28), 10.0), (date(2023, 3, 1), 7.0), (day, 2.0)]]
    found = retention(rows, day)
    assert found is not None
    assert found.net == 9 / 10


DAYS = st.one_of(
    st.sampled_from([add_months(TODAY, months) for months in (0, -12, -24, -36)]), st.dates(date(2023, 1, 1), TODAY)
)
BOOKINGS = st.lists(
    st.lists(st.tuples(DAYS, st.sampled_from([None, 0.0, 10.0, 20.0, 55.5, -10.0, -20.0, -3.0])), max_size=8),
    max_size=9,
)


@settings(deadline=None, max_examples=300)
@given(BOOKINGS, st.sampled_from([0, 1]))
def test_any_rows_give_what_is_computed_by_hand(issued: list[list[tuple[date, float | None]]], years: int) -> None:
    people = [Person(str(number), None) for number in range(len(issued))]
    rows = [Row(str(number), day, amount, "Issued") for number, mine in enumerate(issued) for day, amount in mine]
    day = add_months(TODAY, -12 * years)
    found, expected = retention(issued, day), oracle.retention(people, rows, day)
    assert (found is None) == (expected is None)
    if found and expected:
        for name in ("net", "gross", "clients_kept"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name))
        for name in ("gone", "new", "recovered"):
            assert astuple(getattr(found, name)) == pytest.approx(getattr(expected, name))
    parts, by_hand = concentration(issued, day), oracle.concentration(people, rows, day)
    assert (parts and astuple(parts)) == (by_hand and pytest.approx(tuple(by_hand)))


def test_the_figures_in_words() -> None:
    kept, parts = retention(EXAMPLE, TODAY), concentration(EXAMPLE, TODAY)
    assert retention_figures(kept) == [
        ("Net revenue retention", "68%"),
        ("Gross revenue retention", "48%"),
        ("Clients kept", "67%"),
        ("Gone", "1 client, 50"),
        ("New in the year", "1 client, 80"),
        ("Recovered", "0 clients"),
    ]
    assert retention_figures(kept, kept)[0] == ("Net revenue retention", "68% (68% the year before)")
    assert concentration_figures(parts) == [
        ("Share of the largest client", "60%"),
        ("Share of the five largest", "100%"),
        ("Clients that bring 80%", "2"),
        ("Without the largest", "100"),
    ]
    assert retention_figures(None) == concentration_figures(None) == []
