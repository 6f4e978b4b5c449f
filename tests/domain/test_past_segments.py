"""The segments at the ends of earlier months: the same as looking back at each of them by itself."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from kopilot_xl.domain.actions import looked_back, replay
from kopilot_xl.domain.clients import Identity, activities
from kopilot_xl.domain.past_segments import LETTERS, past_segments
from kopilot_xl.domain.rules import Rules, month_ends
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger, Status
from tests.domain.oracle import Person, Row
from tests.domain.strategies import START, Drawn, logs, portfolios


@settings(deadline=None, max_examples=100)
@given(portfolios())
def test_it_is_what_looking_back_day_by_day_gives(portfolio: tuple[list[Person], list[Row], date, Rules]) -> None:
    people, rows, as_of, rules = portfolio
    identities = [Identity(person.client, person.client, "", person.created_on) for person in people]
    ledger = Ledger.of(
        [row.client for row in rows],
        [row.issue_date for row in rows],
        [row.amount for row in rows],
        [Status(row.status) for row in rows],
    )
    days = month_ends(as_of, 15)
    found = past_segments(identities, ledger, days, {}, rules)
    for at, day in enumerate(days):
        there = activities(identities, ledger, day, rules, looking_back=True)
        assert [found[identity.key][at] for identity in identities] == [LETTERS[each.segment] for each in there]


@settings(deadline=None, max_examples=100)
@given(logs())
def test_it_heeds_the_marks_and_plans_that_were_recorded_by_each_day(drawn: Drawn) -> None:
    entries, histories, rules = drawn
    identities = [Identity(key, key, "", history.created_on) for key, history in histories.items()]
    rows = [(key, row) for key, history in histories.items() for row in history.transactions]
    ledger = Ledger.of(
        [key for key, _ in rows],
        [row.issue_date for _, row in rows],
        [row.amount for _, row in rows],
        [row.status for _, row in rows],
    )
    days = [START + timedelta(days=20 * step) for step in range(10)]
    replayed = {day: replay(entries, histories, day, rules, looking_back=True) for day in days}
    logs = looked_back(entries, histories, days, rules)
    for day in days:
        assert (logs[day].plans, logs[day].marks) == (replayed[day].plans, replayed[day].marks)
    found = past_segments(identities, ledger, days, logs, rules)
    for at, day in enumerate(days):
        log = replayed[day]
        known = ledger.with_plans((plan.client, plan.issue_date, plan.amount) for plan in log.plans)
        there = activities(identities, known, day, rules, log.marks, looking_back=True)
        assert [found[identity.key][at] for identity in identities] == [LETTERS[each.segment] for each in there]


@pytest.mark.parametrize(
    ("as_of", "ends"),
    [
        (date(2026, 7, 1), [date(2026, 5, 31), date(2026, 6, 30)]),
        (date(2026, 6, 30), [date(2026, 5, 31), date(2026, 6, 30)]),
        (date(2024, 3, 15), [date(2024, 1, 31), date(2024, 2, 29)]),
    ],
)
def test_months_are_whole_ones(as_of: date, ends: list[date]) -> None:
    assert month_ends(as_of, 2) == ends


def test_every_segment_has_a_sign_of_its_own() -> None:
    assert LETTERS.keys() == {*Segment, None}
    assert len(set(LETTERS.values())) == len(LETTERS)
    assert all(len(sign) == 1 for sign in LETTERS.values())
