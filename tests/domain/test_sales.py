"""Monthly sales, what is planned in the months ahead, and whom to call about each: by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kopilot_xl.domain.forecasting import Expectation, Past, month_of
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.sales import CALLS_NAMED, Prepared, coming, expected_by_segment, invoiced, prepared
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger, Status
from tests.domain.oracle import Row, months_from

TODAY = date(2026, 7, 15)


def ledger(rows: Sequence[Row]) -> Ledger:
    return Ledger.of(
        [each.client for each in rows],
        [each.issue_date for each in rows],
        [each.amount for each in rows],
        [Status(each.status) for each in rows],
    )


def sold(as_of: date, *rows: tuple[date, float | None, str]) -> Past:
    return invoiced(ledger([Row("A", *each) for each in rows]), as_of)


def test_a_month_is_split_at_the_day_of_the_as_of_date() -> None:
    found = sold(
        TODAY,
        (date(2026, 4, 15), 100.0, "Issued"),
        (date(2026, 4, 16), 20.0, "Issued"),
        (date(2026, 4, 30), -3.0, "Issued"),  # a credit note
        (date(2026, 6, 1), 7.0, "Issued"),
        (date(2026, 7, 15), 5.0, "Issued"),
        (date(2026, 7, 16), 900.0, "Issued"),  # not yet
        (date(2026, 4, 2), 900.0, "Planned"),
        (date(2026, 4, 2), 900.0, "Draft"),
        (date(2026, 4, 2), 900.0, "Canceled"),
        (date(2026, 1, 2), None, "Issued"),  # of an amount nobody knows
        (date(2026, 1, 2), 0.0, "Issued"),
    )
    assert found.first == month_of(date(2026, 4, 1))
    assert found.before == [100.0, 0.0, 7.0, 5.0]
    assert found.after == [17.0, 0.0, 0.0, 0.0]
    assert found.totals == [117.0, 0.0, 7.0, 5.0]
    assert (found.whole, found.so_far, found.year_to_date) == (3, 5.0, 129.0)


@pytest.mark.parametrize(
    ("as_of", "rows", "before", "after", "whole"),
    [
        pytest.param(
            date(2026, 4, 30), [(date(2026, 3, 31), 1.0), (date(2026, 4, 30), 2.0)], [1.0, 2.0], [0.0, 0.0], 2,
            id="the last day of a month splits none",
        ),
        pytest.param(
            date(2026, 5, 1), [(date(2026, 4, 1), 1.0), (date(2026, 4, 2), 2.0), (date(2026, 5, 1), 4.0)],
            [1.0, 4.0], [2.0, 0.0], 1, id="the first day of a month",
        ),
        pytest.param(
            date(2026, 3, 30), [(date(2026, 1, 31), 1.0), (date(2026, 2, 28), 2.0)], [0.0, 2.0, 0.0], [1.0, 0.0, 0.0],
            2, id="a short month is all before",
        ),
        pytest.param(
            date(2028, 2, 28), [(date(2028, 1, 29), 1.0), (date(2028, 2, 28), 2.0)], [0.0, 2.0], [1.0, 0.0], 1,
            id="28 February of a leap year does not end its month",
        ),
        pytest.param(
            date(2028, 2, 29), [(date(2028, 1, 31), 1.0), (date(2028, 2, 29), 2.0)], [1.0, 2.0], [0.0, 0.0], 2,
            id="29 February does",
        ),
        pytest.param(TODAY, [], [0.0], [0.0], 0, id="nothing"),
        pytest.param(TODAY, [(date(2026, 7, 2), 9.0)], [9.0], [0.0], 0, id="the running month alone is not whole"),
        pytest.param(date(2026, 7, 31), [(date(2026, 7, 2), 9.0)], [9.0], [0.0], 1, id="ended, it is"),
        pytest.param(
            TODAY, [(date(2024, 6, 2), 9.0), (date(2026, 6, 2), 8.0)], [9.0, *[0.0] * 23, 8.0, 0.0], [0.0] * 26, 25,
            id="a gap of two years is zeros",
        ),
    ],
)  # fmt: skip
def test_sales_of_some_invoices(
    as_of: date,
    rows: list[tuple[date, float]],
    before: list[float],
    after: list[float],
    whole: int,
) -> None:
    found = sold(as_of, *((day, amount, "Issued") for day, amount in rows))
    assert (found.before, found.after, found.whole) == (before, after, whole)


def test_the_year_to_date_begins_on_the_first_of_january() -> None:
    rows = [(date(2025, 12, 1), 8.0, "Issued"), (date(2026, 1, 20), 4.0, "Issued"), (TODAY, 1.0, "Issued")]
    assert sold(TODAY, *rows).year_to_date == 5.0
    assert sold(date(2026, 1, 31), (date(2026, 1, 1), 2.0, "Issued")).year_to_date == 2.0


@settings(max_examples=60, deadline=None)
@given(
    as_of=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    rows=st.lists(st.tuples(st.dates(date(2018, 1, 1), date(2031, 12, 31)), st.integers(-500, 5000)), max_size=30),
)
def test_sales_add_up_to_what_was_invoiced(as_of: date, rows: list[tuple[date, int]]) -> None:
    found = sold(as_of, *((day, float(amount), "Issued") for day, amount in rows))
    assert sum(found.totals) == sum(amount for day, amount in rows if day <= as_of)
    assert found.so_far == sum(amount for day, amount in rows if as_of.replace(day=1) <= day <= as_of)
    year_ago = months_from(as_of, -12)
    if as_of.day < 28 and found.whole >= 12:
        assert sum(found.totals[-12:]) + found.after[-13] == sum(
            amount for day, amount in rows if year_ago < day <= as_of
        )


# What is planned, and whom to call.


def client(key: str, segment: Segment | None, **more: Any) -> Client:
    return Client(key=key, id=key.upper(), name=key.title(), segment=segment, **more)


SOON = date(2026, 8, 20)


def test_what_is_planned_is_told_by_month_and_segment() -> None:
    people = [
        client("a", Segment.ACTIVE, next_planned=SOON),
        client("b", Segment.ACTIVE, next_planned=SOON),
        client("n", Segment.NEW, next_planned=SOON),
        client("marked", Segment.LOST),  # under a mark nothing is coming
        client("later", None, next_planned=SOON),  # not yet a client
    ]
    rows = [
        Row("a", SOON, 100.0, "Planned"),
        Row("b", date(2026, 8, 1), 30.0, "Issued"),  # post-dated
        Row("n", SOON, 5.0, "Planned"),
        Row("n", date(2027, 7, 15), 7.0, "Planned"),
        Row("n", date(2027, 7, 16), 900.0, "Planned"),  # too far off to be coming
        Row("n", date(2026, 7, 31), 900.0, "Planned"),  # in the rest of the running month
        Row("n", date(2026, 7, 1), 900.0, "Planned"),  # overdue
        Row("a", SOON, -900.0, "Planned"),
        Row("a", SOON, None, "Planned"),
        Row("a", SOON, 900.0, "Draft"),
        Row("marked", SOON, 900.0, "Planned"),
        Row("later", SOON, 900.0, "Planned"),
    ]
    months = prepared(people, ledger(rows), TODAY)
    assert [each.month for each in months] == [months_from(date(2026, 8, 1), ahead) for ahead in range(12)]
    assert months[0].planned == {Segment.ACTIVE: 130.0, Segment.NEW: 5.0}
    assert months[0].total == 135.0
    assert months[11].planned == {Segment.NEW: 7.0}
    assert all(not each.planned for each in months[1:11])
    short = prepared(people, ledger(rows), TODAY, Rules(horizon_months=1))
    assert short[0].planned == {Segment.ACTIVE: 30.0}


def test_the_call_list_of_a_month_is_who_was_invoiced_a_year_before_and_has_nothing_coming() -> None:
    last_august = date(2025, 8, 3)
    people = [
        client("small", Segment.HIBERNATING, last_invoice=last_august, value=10.0),
        client("lost", Segment.LOST, last_invoice=last_august, value=900.0),
        client("big", Segment.HIBERNATING, last_invoice=last_august, value=50.0),
        client("leaving", Segment.LEAVING, last_invoice=last_august, value=1.0),
        client("planned", Segment.HIBERNATING, last_invoice=last_august, next_planned=SOON, value=1.0),
        client("canceled", Segment.CANCELED, last_invoice=last_august, value=1.0),
        client("credited", Segment.ACTIVE, last_invoice=date(2026, 6, 1), value=1.0),
    ]
    rows = [Row(each.key, last_august, 40.0, "Issued") for each in people[:6]]
    rows += [
        Row("big", date(2025, 8, 31), -15.0, "Issued"),
        Row("credited", date(2025, 8, 2), -10.0, "Issued"),
        Row("credited", date(2025, 9, 2), None, "Issued"),  # an invoice all the same
        Row("credited", date(2026, 7, 15), 3.0, "Issued"),  # the running month is that of next July
        Row("small", date(2025, 7, 31), 900.0, "Issued"),  # a year before the running month
        Row("small", date(2025, 9, 30), 900.0, "Planned"),
    ]
    months = prepared(people, ledger(rows), TODAY)
    # Clean first, in the order of the segments, the most valuable first; then those to reactivate.
    assert [(each.client.key, each.amount) for each in months[0].calls] == [
        ("leaving", 40.0), ("big", 25.0), ("small", 40.0), ("lost", 40.0),
    ]  # fmt: skip
    assert (months[0].to_call, months[0].last_year) == (4, 145.0)
    assert [(each.client.key, each.amount) for each in months[1].calls] == [("credited", 0.0)]
    assert [(each.client.key, each.amount) for each in months[11].calls] == [("credited", 3.0)]


def test_a_long_call_list_is_counted_whole_and_named_in_part() -> None:
    day = date(2025, 12, 24)
    people = [
        client(f"c{number:03}", Segment.HIBERNATING, last_invoice=day, value=float(number)) for number in range(60)
    ]
    rows = [Row(each.key, day, 2.0, "Issued") for each in people]
    december = prepared(people, ledger(rows), TODAY)[4]
    assert december.month == date(2026, 12, 1)
    assert (december.to_call, december.last_year, len(december.calls)) == (60, 120.0, CALLS_NAMED)
    assert [each.client.key for each in december.calls[:3]] == ["c059", "c058", "c057"]


def test_no_clients_and_no_transactions_give_twelve_empty_months() -> None:
    months = prepared([], ledger([]), TODAY)
    assert len(months) == 12
    assert all(each == Prepared(each.month, {}, [], 0, 0.0) for each in months)


def test_marked_clients_are_not_called_and_those_of_whom_most_is_expected_come_first() -> None:
    keys = ("a", "b", "c", "gone")
    rows = [Row(key, date(2025, 9, 1), 100.0 + at, "Issued") for at, key in enumerate(keys)]
    clients = [client(key, Segment.HIBERNATING, last_invoice=date(2025, 9, 1)) for key in keys]
    expected = {key: Expectation(amount, 0.5, 100.0, None) for key, amount in (("a", 10.0), ("b", 30.0), ("c", 10.0))}
    months = prepared(clients, ledger(rows), TODAY, Rules(), {"gone"}, expected)
    assert [call.client.key for call in months[1].calls] == ["b", "a", "c"]
    assert (months[1].to_call, months[1].last_year) == (3, 303.0)
    by_segment = expected_by_segment(clients, expected)
    assert by_segment[Segment.HIBERNATING] == 50.0
    assert by_segment[Segment.ACTIVE] == 0.0


def test_what_is_coming_is_planned_or_dated_ahead_and_within_the_horizon() -> None:
    rows = [
        Row("a", date(2026, 7, 16), 1.0, "Planned"),
        Row("a", date(2026, 8, 1), 2.0, "Issued"),
        Row("a", TODAY, 4.0, "Planned"),
        Row("a", date(2027, 7, 15), 8.0, "Planned"),
        Row("a", date(2027, 7, 16), 16.0, "Planned"),
        Row("a", date(2026, 8, 1), -32.0, "Issued"),
        Row("a", date(2026, 8, 1), None, "Planned"),
        Row("later", date(2026, 8, 1), 64.0, "Planned"),
    ]
    found = coming([client("a", Segment.NEW), client("later", None)], ledger(rows), TODAY)
    assert sorted(row.amount or 0 for row in found) == [1.0, 2.0, 8.0]
