"""Looking at a portfolio on other days: who moved, what lies ahead."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta
from functools import cache

import pytest

from kopilot_xl.domain.movements import Movements
from kopilot_xl.domain.outlook import STEPS, Outlook
from kopilot_xl.domain.rules import DEFAULT
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.domain.transactions import Status
from kopilot_xl.usecases.calculation import calculate, reconstruct
from kopilot_xl.workbook.book import TableData, Value
from kopilot_xl.workbook.sheets import actions, clients, settings, transactions
from kopilot_xl.workbook.sheets import outlook as sheet
from kopilot_xl.workbook.sheets.contents import Inputs, Result
from kopilot_xl.workbook.tables.table import Table, TableRows

AS_OF = date(2026, 7, 1)


def _inputs(
    client_rows: list[list[Value]],
    transaction_rows: list[list[Value]],
    action_rows: list[list[Value]] | None = None,
    as_of: date = AS_OF,
) -> Inputs:
    def data(name: str, headers: list[str], rows: list[list[Value]]) -> TableData:
        return TableData(name, name, 1, 1, headers, [row + [None] * (len(headers) - len(row)) for row in rows])

    def rows(table: Table, given: list[list[Value]]) -> TableRows:
        return table.read(data(table.name, table.headers, given), "book")

    people = clients.read(rows(clients.TABLE, client_rows), as_of, None)
    return Inputs(
        settings=settings.Settings("", None, None, "EUR", DEFAULT),
        as_of=as_of,
        clients=people,
        transactions=transactions.read(rows(transactions.TABLE, transaction_rows), set(people.keys), None),
        actions=actions.read(rows(actions.TABLE, action_rows or []), None),
    )


def _at(inputs: Inputs, day: date) -> Result:
    return calculate(replace(inputs, as_of=day), ahead=False)


def _outlook(result: Result) -> Outlook:
    assert result.outlook
    return result.outlook


def _moved_since(inputs: Inputs, day: date) -> Movements:
    moved = calculate(inputs, day, ahead=False).movements
    assert moved
    return moved


def _random(seed: int) -> Inputs:
    draw = random.Random(seed)
    ids = [f"C{number}" for number in range(60)]
    people: list[list[Value]] = [
        [key, key, draw.choice([None, AS_OF - timedelta(days=draw.randrange(-100, 600))])] for key in ids
    ]
    rows: list[list[Value]] = [
        [
            draw.choice(ids),
            AS_OF + timedelta(days=draw.randrange(-500, 500)),
            draw.choice([None, -100.0, -900.0, 100.0, 100.0, 900.0]),
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
    return _inputs(people, rows, log)


def _as_recorded(inputs: Inputs) -> Inputs:
    """The same with the rows of the log that are recorded up to the as-of date."""
    entries = [entry for entry in inputs.actions.entries if not entry.recorded_on or entry.recorded_on.date() <= AS_OF]
    return replace(inputs, actions=replace(inputs.actions, entries=entries))


@pytest.mark.parametrize("seed", range(12))
def test_if_nobody_acts_is_what_a_refresh_on_that_day_would_say(seed: int) -> None:
    result = calculate(_random(seed))
    for future in _outlook(result).nobody:
        assert future.summary.counts == _at(_as_recorded(result.inputs), future.on).summary.counts


@pytest.mark.parametrize("seed", range(12))
def test_who_leaves_is_lost_from_that_day_on_and_was_not_the_day_before(seed: int) -> None:
    result = calculate(_random(seed))
    told = {each.client.key: each.on for each in _outlook(result).expected_churn}
    marked = {entry.client for entry in result.inputs.actions.entries}

    @cache
    def segments(day: date) -> dict[str, Segment | None]:
        return {each.key: each.segment for each in _at(_as_recorded(result.inputs), day).clients}

    for client in result.clients:
        if client.segment not in PORTFOLIO or client.key in marked:
            continue
        days = [AS_OF + timedelta(days=number) for number in range(1, STEPS[-1] + 1, 1)]
        on = told.get(client.key)
        checked = {on - timedelta(days=1), on} if on else {days[29], days[179], days[-1]}
        for day in checked:
            assert (segments(day)[client.key] is Segment.LOST) == (on is not None and day >= on), (client, day)


@pytest.mark.parametrize("seed", range(6))
def test_if_all_plans_come_true_is_the_portfolio_with_the_plans_invoiced(seed: int) -> None:
    result = calculate(_random(seed))
    rows = result.inputs.transactions
    marked = result.log.marks
    invoiced = [
        Status.ISSUED if status is Status.PLANNED and day > AS_OF and key not in marked else status
        for key, day, status in zip(rows.clients, rows.days, rows.statuses, strict=True)
    ]
    log = {entry.client for entry in result.inputs.actions.entries}
    true = replace(result.inputs, transactions=replace(rows, statuses=invoiced))
    for future in _outlook(result).plans:
        expected = {each.key: each.segment for each in _at(true, future.on).clients if each.key not in log}
        counts = dict.fromkeys(Segment, 0)
        for client in result.clients:
            if client.key in expected and (segment := expected[client.key]):
                counts[segment] += 1
        others = sum(each.key in log for each in result.clients)
        assert sum(abs(future.summary.counts[each] - counts[each]) for each in Segment) <= others


def test_the_share_of_value_that_leaves_is_by_todays_value() -> None:
    result = calculate(
        _inputs(
            [["A", "Alder", None], ["B", "Birch", None], ["C", "Cedar", None]],
            [
                ["A", AS_OF - timedelta(days=380), 300.0],
                ["B", AS_OF - timedelta(days=10), 700.0],
                ["C", AS_OF - timedelta(days=900), 5000.0],
            ],
        )
    )
    first, *_, last = _outlook(result).nobody
    assert (first.leaving, first.leaving_value, first.share_of_value) == (1, 300.0, 0.3)
    assert (last.leaving, last.share_of_value) == (1, 0.3)
    assert [(each.client.name, each.on) for each in _outlook(result).expected_churn] == [
        ("Alder", AS_OF + timedelta(days=21))
    ]


def test_a_plan_keeps_a_client_until_its_day_and_longer_if_it_comes_true() -> None:
    result = calculate(_inputs([["A", "Alder", None]], [
        ["A", AS_OF - timedelta(days=390), 300.0], ["A", AS_OF + timedelta(days=50), 100.0, "Planned"],
    ]))  # fmt: skip
    outlook = _outlook(result)
    assert [each.on for each in outlook.expected_churn] == [AS_OF + timedelta(days=50)]
    assert [each.leaving for each in outlook.nobody] == [0, 1, 1, 1, 1]
    assert [each.leaving for each in outlook.plans] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(("days", "leaves"), [(-200, 11), (-20, 11), (0, 11), (1, 11), (50, 50)])
def test_a_plan_of_the_log_keeps_a_client_only_if_it_lies_ahead(days: int, leaves: int) -> None:
    log: list[list[Value]] = [[AS_OF - timedelta(days=210), "A", "Plan revenue", AS_OF + timedelta(days=days), 100.0]]
    outlook = _outlook(calculate(_inputs([["A", "Alder", None]], [["A", AS_OF - timedelta(days=390), 300.0]], log)))
    ahead = days > 0
    assert [each.on for each in outlook.expected_churn] == [AS_OF + timedelta(days=leaves)]
    assert [each.leaving for each in outlook.plans][-1] == (0 if ahead else 1)
    assert [each.leaving for each in outlook.nobody][-1] == 1


def test_who_moved_since_an_earlier_day() -> None:
    month = AS_OF - timedelta(days=30)
    result = calculate(
        _inputs(
            [
                ["A", "Alder", None],
                ["B", "Birch", None],
                ["C", "Cedar", AS_OF - timedelta(days=3)],
                ["D", "Dogwood", None],
            ],
            [
                ["A", AS_OF - timedelta(days=5), 300.0],
                ["B", AS_OF - timedelta(days=390), 700.0],
                ["D", AS_OF - timedelta(days=50), 50.0],
            ],
        )
    )
    moved = _moved_since(result.inputs, month)
    assert [(each.client.name, each.before, each.after) for each in moved.better] == [
        ("Alder", Segment.NO_ACTIVITY, Segment.ACTIVE),
        ("Cedar", None, Segment.NO_ACTIVITY),
    ]
    assert [(each.client.name, each.before, each.after) for each in moved.worse] == [
        ("Birch", Segment.HIBERNATING, Segment.LEAVING)
    ]
    assert moved.matrix[Segment.ACTIVE, Segment.ACTIVE] == 1
    assert sum(moved.matrix.values()) == 4
    assert _moved_since(result.inputs, AS_OF).moves == []


@pytest.mark.parametrize("seed", range(12))
def test_no_more_leave_if_the_plans_come_true(seed: int) -> None:
    outlook = _outlook(calculate(_random(seed)))
    for nobody, plans in zip(outlook.nobody, outlook.plans, strict=True):
        assert plans.leaving <= nobody.leaving


@pytest.mark.parametrize("seed", range(12))
def test_movements_add_up_to_the_portfolio_before_and_now(seed: int) -> None:
    result = calculate(_random(seed))
    day = AS_OF - timedelta(days=90)
    earlier, moved = reconstruct(result.inputs, day), _moved_since(result.inputs, day)
    before: Counter[Segment | None] = Counter()
    after: Counter[Segment | None] = Counter()
    for (was, now), number in moved.matrix.items():
        before[was] += number
        after[now] += number
    assert before == Counter(earlier.segments.values())
    assert after == Counter(each.segment for each in result.clients)
    assert {each: after[each] for each in Segment} == result.summary.counts
    stayed = sum(number for (was, now), number in moved.matrix.items() if was is now)
    assert len(moved.better) + len(moved.worse) + stayed == len(result.clients)
    assert {each.client.key for each in (*moved.better, *moved.worse)} == {
        each.key for each in result.clients if each.segment is not earlier.segments[each.key]
    }


@pytest.mark.parametrize("seed", range(12))
def test_who_leaves_and_what_they_are_worth_adds_up(seed: int) -> None:
    result = calculate(_random(seed))
    total = result.summary.value(PORTFOLIO)
    for future in _outlook(result).nobody:
        then = {each.key: each.segment for each in _at(_as_recorded(result.inputs), future.on).clients}
        gone = [each for each in result.clients if each.segment in PORTFOLIO and then[each.key] is Segment.LOST]
        assert future.leaving == len(gone)
        assert future.leaving_value == pytest.approx(sum(each.weight for each in gone))
        assert future.share_of_value == (pytest.approx(future.leaving_value / total) if total else None)
        assert sum(future.summary.counts.values()) == sum(each is not None for each in then.values())
        assert sum(future.summary.values.values()) == pytest.approx(
            sum(each.weight for each in result.clients if then[each.key] is not None)
        )


def test_the_headline_of_a_portfolio_nobody_leaves_says_so() -> None:
    result = calculate(_inputs([["A", "Alder", None]], [["A", AS_OF - timedelta(days=5), 300.0]]))
    assert sheet.note(_outlook(result)) == "Even if nobody acts, no client leaves by 1 July 2027."


def test_the_same_inputs_give_the_same_result_however_often_they_are_asked() -> None:
    inputs = _random(3)
    first = calculate(inputs, AS_OF - timedelta(days=30), backfill=2)
    assert first.problems
    assert calculate(inputs, AS_OF - timedelta(days=30), backfill=2) == first
    assert list(first.past) == [date(2026, 5, 31), date(2026, 6, 30)]


def test_a_result_is_a_value() -> None:
    result = calculate(_random(4))
    with pytest.raises(FrozenInstanceError):
        result.problems = []  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        result.inputs.as_of = AS_OF  # type: ignore[misc]


def test_who_does_not_ask_to_look_ahead_gets_the_rest_all_the_same() -> None:
    inputs = _random(5)
    whole, short = calculate(inputs), calculate(inputs, ahead=False)
    assert (short.outlook, short.forecast, short.months) == (None, None, ())
    assert (short.clients, short.summary, short.log) == (whole.clients, whole.summary, whole.log)
    assert short.problems == whole.problems


def test_a_row_of_history_written_later_than_its_day_does_not_know_what_came_after_it() -> None:
    inputs = _inputs([["A", "Alder", None]], [["A", AS_OF + timedelta(days=5), 300.0]])
    result = calculate(replace(inputs, today=AS_OF + timedelta(days=10)), ahead=False)
    assert result.summary.counts[Segment.NEW] == 1
    assert result.past[AS_OF].counts[Segment.NEW] == 0
    assert result.past[AS_OF].counts[Segment.NO_ACTIVITY] == 1
    assert calculate(replace(inputs, today=AS_OF), ahead=False).past == {}


def test_a_past_month_knows_the_plans_recorded_by_then_and_no_later_invoice() -> None:
    month_end = date(2026, 5, 31)
    inputs = _inputs(
        [["A", "Alder", None], ["B", "Birch", None]],
        [["A", date(2026, 6, 10), 300.0], ["B", date(2026, 6, 20), 500.0]],
        [[date(2026, 5, 1), "A", "Plan revenue", date(2026, 6, 15), 300.0]],
    )
    counts = calculate(replace(inputs, as_of=date(2026, 6, 5)), ahead=False, backfill=1).past[month_end].counts
    assert (counts[Segment.NEW], counts[Segment.NO_ACTIVITY]) == (1, 1)
