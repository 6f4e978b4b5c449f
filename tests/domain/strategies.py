"""What Hypothesis draws from: settings, days around the boundaries, clients with their rows, logs of actions."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from kopilot_xl.domain.actions import ClientHistory, LoggedAction, Transaction
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import Action
from kopilot_xl.domain.transactions import Status
from tests.domain.oracle import Person, Row, months_from

AMOUNTS = st.sampled_from([None, None, -500.0, -100.0, -100.0, -40.0, 0.0, 0.25, 40.0, 100.0, 100.0, 1200.5])
MARKS = st.sampled_from([None, None, None, None, "Lost", "Canceled"])
STATUSES = st.sampled_from(["Issued", "Issued", "Issued", "Planned", "Planned", "Draft", "Canceled"])


@st.composite
def any_rules(draw: st.DrawFn) -> Rules:
    """Settings that make sense, half of the time the default ones."""
    if draw(st.booleans()):
        return Rules()
    sleeping = draw(st.integers(2, 14))
    leaving = draw(st.integers(1, 90))
    return Rules(
        active_months=draw(st.integers(1, sleeping - 1)),
        sleeping_months=sleeping,
        horizon_months=draw(st.integers(1, 25)),
        lifespan_days=sleeping * 31 + leaving + draw(st.integers(0, 60)),
        leaving_days=leaving,
        inaccurate_share=draw(st.sampled_from([0.01, 0.1, 0.25, 1 / 3, 0.5, 1])),
    )


def as_of_dates() -> st.SearchStrategy[date]:
    """Any day, with leap days and month ends often among them."""
    ends = [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2024, 2, 28),
        date(2024, 3, 31),
        date(2026, 6, 30),
        date(2026, 7, 1),
        date(2025, 12, 31),
        date(2026, 1, 31),
        date(2025, 10, 29),
        date(2024, 10, 30),
    ]
    return st.one_of(st.sampled_from(ends), st.dates(date(2000, 1, 1), date(2040, 12, 31)))


def edges(as_of: date, rules: Rules) -> list[date]:
    """The days at which something changes, by the guide's own counting."""
    days = (0, rules.lifespan_days - rules.leaving_days, rules.lifespan_days)
    months = (-rules.active_months, -rules.sleeping_months, rules.horizon_months, -12)
    return [as_of - timedelta(days=each) for each in days] + [months_from(as_of, each) for each in months]


def days_around(as_of: date, rules: Rules) -> st.SearchStrategy[date]:
    """Days at the boundaries and next to them, and some far from all."""
    near = {edge + timedelta(days=by) for edge in edges(as_of, rules) for by in (-1, 0, 1)}
    year_before = {months_from(edge, -12) + timedelta(days=by) for edge in edges(as_of, rules) for by in (0, 1)}
    far = st.integers(-900, 900).map(lambda by: as_of + timedelta(days=by))
    return st.one_of(st.sampled_from(sorted(near)), st.sampled_from(sorted(near | year_before)), far)


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[list[Person], list[Row], date, Rules]:
    """A table of clients and one of transactions, some of them of nobody, as of a day."""
    rules, as_of = draw(any_rules()), draw(as_of_dates())
    day = days_around(as_of, rules)
    people = [Person(f"c{number}", draw(st.none() | day), draw(MARKS)) for number in range(draw(st.integers(0, 25)))]
    owners = st.sampled_from([each.client for each in people] + ["nobody"])
    rows = draw(st.lists(st.builds(Row, owners, day, AMOUNTS, STATUSES), max_size=70))
    return people, rows, as_of, rules


SHORT = Rules(active_months=1, sleeping_months=2, horizon_months=1, lifespan_days=70, leaving_days=5)
"""A life so short that in half a year everything happens to a client."""
START = date(2026, 1, 1)


Drawn = tuple[list[LoggedAction], dict[str, ClientHistory], Rules]


@st.composite
def logs(draw: st.DrawFn) -> Drawn:
    """A log over few days and clients, so that its rows and the invoices meet; any row may be a bad one."""
    last = draw(st.sampled_from([12, 40, 130]))
    before = st.integers(-90, last + 10).map(lambda by: START + timedelta(days=by))
    statuses = st.sampled_from([Status.ISSUED, Status.ISSUED, Status.ISSUED, Status.PLANNED, Status.DRAFT])
    amounts = st.sampled_from([100.0, 60.0, 50.0, 49.0, 20.0, None, 0.0, -100.0, -50.0, -20.0])
    transactions = st.lists(st.builds(Transaction, before, amounts, statuses), max_size=9)
    clients = {key: ClientHistory(draw(st.none() | before), draw(transactions)) for key in ("a", "b")}
    entries = []
    for row in range(2, 2 + draw(st.integers(1, 9))):
        recorded = datetime.combine(START, time(draw(st.sampled_from([0, 9, 17]))))
        recorded += timedelta(days=draw(st.integers(0, last)))
        action = draw(st.sampled_from(Action))
        planned = action is Action.PLAN_REVENUE
        entry = LoggedAction(
            row=row,
            recorded_on=recorded,
            client=draw(st.sampled_from("aaab")),
            action=action,
            issue_date=recorded.date() + timedelta(days=draw(st.sampled_from(AHEAD))) if planned else None,
            amount=draw(st.sampled_from([100.0, 80.0])) if planned else None,
        )
        entries.append(replace(entry, **draw(st.sampled_from(FLAWS))) if draw(st.integers(0, 9)) == 9 else entry)
    return entries, clients, draw(st.sampled_from([SHORT, Rules()]))


AHEAD = (1, 2, 5, 29, 30, 31, 32, 45)
FLAWS: tuple[dict[str, Any], ...] = (
    {"recorded_on": None},
    {"client": None},
    {"client": "unknown"},
    {"action": None},
    {"issue_date": None},
    {"issue_date": START},
    {"amount": None},
    {"amount": 0.0},
    {"flaw": "The amount cannot be read."},
)


def crowded_log(seed: int) -> Drawn:
    """A log of one client in which much happens: plans, marks, lifts and invoices within a few weeks."""
    chance = random.Random(seed)
    last = chance.choice([10, 40, 130])
    transactions = [
        Transaction(
            START + timedelta(days=chance.randint(-80, last + 5)),
            chance.choice([100.0, 100.0, 50.0, 49.0, 20.0, 20.0, None, 0.0, -100.0, -100.0, -50.0, -20.0]),
            chance.choice([Status.ISSUED, Status.ISSUED, Status.ISSUED, Status.ISSUED, Status.PLANNED]),
        )
        for _ in range(chance.randint(0, 8))
    ]
    created_on = chance.choice([None, START - timedelta(days=chance.randint(-20, 100))])
    entries = []
    for row in range(2, chance.randint(5, 14)):
        recorded = datetime.combine(START, time(chance.choice([0, 9, 17])))
        recorded += timedelta(days=chance.randint(0, last))
        action = chance.choice(list(Action))
        planned = recorded.date() + timedelta(days=chance.choice(AHEAD))
        entries.append(LoggedAction(row, recorded, "a", action, planned, chance.choice([100.0, 80.0])))
    return entries, {"a": ClientHistory(created_on, transactions)}, SHORT


def credited_portfolio(seed: int) -> tuple[list[Person], list[Row], date, Rules]:
    """Clients whose invoices, credit notes and plans have few amounts and days, so that they meet."""
    chance = random.Random(seed)
    rules = chance.choice([SHORT, Rules()])
    as_of = START + timedelta(days=chance.randint(-3, 3))
    spread = chance.choice([3, 30, 500])
    people = [
        Person(
            f"c{number}",
            chance.choice([None, as_of - timedelta(days=chance.randint(-3, 500))]),
            chance.choice([None, None, None, None, "Lost", "Canceled"]),
        )
        for number in range(chance.randint(1, 6))
    ]
    rows = [
        Row(
            chance.choice(people).client,
            as_of + timedelta(days=chance.randint(-spread, 4)),
            chance.choice([100.0, 100.0, 100.0, -100.0, -100.0, 250.0, -250.0, -7.0, None, 0.0]),
            chance.choice(["Issued"] * 7 + ["Planned", "Draft", "Canceled"]),
            chance.random() < 0.3,
        )
        for _ in range(chance.randint(0, 40))
    ]
    return people, rows, as_of, rules
