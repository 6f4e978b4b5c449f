"""Looking at a portfolio on other days: who moved, what lies ahead."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from kopilot_xl.domain.outlook import STEPS
from kopilot_xl.domain.rules import DEFAULT
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.domain.transactions import Status
from kopilot_xl.usecases.calculation import Computation
from kopilot_xl.usecases.inputs import Inputs
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.sheets import actions, clients, settings, transactions
from kopilot_xl.workbook.sheets import outlook as sheet
from kopilot_xl.workbook.tables.table import Table, TableRows

AS_OF = date(2026, 7, 1)


def _known(
    client_rows: list[list[Value]],
    transaction_rows: list[list[Value]],
    action_rows: list[list[Value]] | None = None,
    as_of: date = AS_OF,
) -> Computation:
    def data(name: str, headers: list[str], rows: list[list[Value]]) -> TableData:
        return TableData(name, name, 1, 1, headers, [row + [None] * (len(headers) - len(row)) for row in rows])

    def rows(table: Table, given: list[list[Value]]) -> TableRows:
        return table.read(data(table.name, table.headers, given), "book")

    people = clients.read(rows(clients.TABLE, client_rows), as_of, None)
    return Computation(
        Inputs(
            settings=settings.Settings("", None, None, "EUR", DEFAULT),
            as_of=as_of,
            clients=people,
            transactions=transactions.read(rows(transactions.TABLE, transaction_rows), set(people.keys), None),
            actions=actions.read(rows(actions.TABLE, action_rows or []), None),
        )
    )


def _at(known: Computation, day: date) -> Computation:
    return Computation(replace(known.inputs, as_of=day))


def _random(seed: int) -> Computation:
    draw = random.Random(seed)
    ids = [f"C{number}" for number in range(60)]
    people: list[list[Value]] = [
        [key, key, draw.choice([None, AS_OF - timedelta(days=draw.randrange(-100, 600))])] for key in ids
    ]
    rows: list[list[Value]] = [
        [
            draw.choice(ids),
            AS_OF + timedelta(days=draw.randrange(-500, 500)),
            draw.choice([None, -50.0, 100.0, 900.0]),
            draw.choice(["Issued", "Paid", "Planned", "Planned", "Draft"]),
        ]
        for _ in range(120)
    ]
    log: list[list[Value]] = [
        [
            AS_OF - timedelta(days=draw.randrange(-5, 200)),
            draw.choice(ids),
            draw.choice(["Plan revenue", "Mark lost", "Mark canceled", "Reactivate"]),
            AS_OF + timedelta(days=draw.randrange(-100, 400)),
            500.0,
        ]
        for _ in range(40)
    ]
    return _known(people, rows, log)


@pytest.mark.parametrize("seed", range(12))
def test_if_nobody_acts_is_what_a_refresh_on_that_day_would_say(seed: int) -> None:
    known = _random(seed)
    for future in known.outlook().nobody:
        assert future.summary.counts == _at(known, future.on).summary.counts


@pytest.mark.parametrize("seed", range(12))
def test_who_leaves_is_lost_from_that_day_on_and_was_not_the_day_before(seed: int) -> None:
    known = _random(seed)
    told = {each.client.key: each.on for each in known.outlook().expected_churn}
    marked = {entry.client for entry in known.inputs.actions.entries}

    @cache
    def segments(day: date) -> dict[str, Segment | None]:
        return {each.key: each.segment for each in _at(known, day).clients}

    for client in known.clients:
        if client.segment not in PORTFOLIO or client.key in marked:
            continue
        days = [AS_OF + timedelta(days=number) for number in range(1, STEPS[-1] + 1, 1)]
        on = told.get(client.key)
        checked = {on - timedelta(days=1), on} if on else {days[29], days[179], days[-1]}
        for day in checked:
            assert (segments(day)[client.key] is Segment.LOST) == (on is not None and day >= on), (client, day)


@pytest.mark.parametrize("seed", range(6))
def test_if_all_plans_come_true_is_the_portfolio_with_the_plans_invoiced(seed: int) -> None:
    known = _random(seed)
    rows = known.inputs.transactions
    marked = known.folded.marks
    invoiced = [
        Status.ISSUED if status is Status.PLANNED and day > AS_OF and key not in marked else status
        for key, day, status in zip(rows.clients, rows.days, rows.statuses, strict=True)
    ]
    log = {entry.client for entry in known.inputs.actions.entries}
    true = Computation(replace(known.inputs, transactions=replace(rows, statuses=invoiced)))
    for future in known.outlook().plans:
        expected = {each.key: each.segment for each in _at(true, future.on).clients if each.key not in log}
        counts = dict.fromkeys(Segment, 0)
        for client in known.clients:
            if client.key in expected and (segment := expected[client.key]):
                counts[segment] += 1
        others = sum(each.key in log for each in known.clients)
        assert sum(abs(future.summary.counts[each] - counts[each]) for each in Segment) <= others


def test_the_share_of_value_that_leaves_is_by_todays_value() -> None:
    known = _known(
        [["A", "Alder", None], ["B", "Birch", None], ["C", "Cedar", None]],
        [
            ["A", AS_OF - timedelta(days=380), 300.0],
            ["B", AS_OF - timedelta(days=10), 700.0],
            ["C", AS_OF - timedelta(days=900), 5000.0],
        ],
    )
    first, *_, last = known.outlook().nobody
    assert (first.leaving, first.leaving_value, first.share_of_value) == (1, 300.0, 0.3)
    assert (last.leaving, last.share_of_value) == (1, 0.3)
    assert [(each.client.name, each.on) for each in known.outlook().expected_churn] == [
        ("Alder", AS_OF + timedelta(days=21))
    ]


def test_a_plan_keeps_a_client_until_its_day_and_longer_if_it_comes_true() -> None:
    known = _known([["A", "Alder", None]], [
        ["A", AS_OF - timedelta(days=390), 300.0], ["A", AS_OF + timedelta(days=50), 100.0, "Planned"],
    ])  # fmt: skip
    outlook = known.outlook()
    assert [each.on for each in outlook.expected_churn] == [AS_OF + timedelta(days=50)]
    assert [each.leaving for each in outlook.nobody] == [0, 1, 1, 1, 1]
    assert [each.leaving for each in outlook.plans] == [0, 0, 0, 0, 0]


def test_who_moved_since_an_earlier_day() -> None:
    month = AS_OF - timedelta(days=30)
    known = _known(
        [["A", "Alder", None], ["B", "Birch", None], ["C", "Cedar", AS_OF - timedelta(days=3)], ["D", "Dogwood", None]],
        [
            ["A", AS_OF - timedelta(days=5), 300.0],
            ["B", AS_OF - timedelta(days=390), 700.0],
            ["D", AS_OF - timedelta(days=50), 50.0],
        ],
    )
    moved = known.moved_since(known.earlier(month))
    assert [(each.client.name, each.before, each.after) for each in moved.better] == [
        ("Alder", Segment.NEW, Segment.ACTIVE),
        ("Cedar", None, Segment.NO_ACTIVITY),
    ]
    assert [(each.client.name, each.before, each.after) for each in moved.worse] == [
        ("Birch", Segment.HIBERNATING, Segment.LEAVING)
    ]
    assert moved.matrix[Segment.ACTIVE, Segment.ACTIVE] == 1
    assert sum(moved.matrix.values()) == 4
    assert known.moved_since(known.earlier(AS_OF)).moves == []


@pytest.mark.parametrize("seed", range(12))
def test_no_more_leave_if_the_plans_come_true(seed: int) -> None:
    outlook = _random(seed).outlook()
    for nobody, plans in zip(outlook.nobody, outlook.plans, strict=True):
        assert plans.leaving <= nobody.leaving


@pytest.mark.parametrize("seed", range(12))
def test_movements_add_up_to_the_portfolio_before_and_now(seed: int) -> None:
    known = _random(seed)
    earlier = known.earlier(AS_OF - timedelta(days=90))
    moved = known.moved_since(earlier)
    before: Counter[Segment | None] = Counter()
    after: Counter[Segment | None] = Counter()
    for (was, now), number in moved.matrix.items():
        before[was] += number
        after[now] += number
    assert before == Counter(earlier.segments.values())
    assert after == Counter(each.segment for each in known.clients)
    assert {each: after[each] for each in Segment} == known.summary.counts
    stayed = sum(number for (was, now), number in moved.matrix.items() if was is now)
    assert len(moved.better) + len(moved.worse) + stayed == len(known.clients)
    assert {each.client.key for each in (*moved.better, *moved.worse)} == {
        each.key for each in known.clients if each.segment is not earlier.segments[each.key]
    }


@pytest.mark.parametrize("seed", range(12))
def test_who_leaves_and_what_they_are_worth_adds_up(seed: int) -> None:
    known = _random(seed)
    total = known.summary.value(PORTFOLIO)
    for future in known.outlook().nobody:
        then = {each.key: each.segment for each in _at(known, future.on).clients}
        gone = [each for each in known.clients if each.segment in PORTFOLIO and then[each.key] is Segment.LOST]
        assert future.leaving == len(gone)
        assert future.leaving_value == pytest.approx(sum(each.weight for each in gone))
        assert future.share_of_value == (pytest.approx(future.leaving_value / total) if total else None)
        assert sum(future.summary.counts.values()) == sum(each is not None for each in then.values())
        assert sum(future.summary.values.values()) == pytest.approx(
            sum(each.weight for each in known.clients if then[each.key] is not None)
        )


def test_the_headline_of_a_portfolio_nobody_leaves_says_so() -> None:
    known = _known([["A", "Alder", None]], [["A", AS_OF - timedelta(days=5), 300.0]])
    assert sheet.note(known.outlook()) == "Even if nobody acts, no client leaves by 1 July 2027."
