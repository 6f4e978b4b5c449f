"""From transactions to one row per client, in every way: by example, at every boundary, and at random."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache
from itertools import product
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings

from kopilot_xl.domain.activity import client_activity
from kopilot_xl.domain.rules import DEFAULT, LAST_DAY, Rules
from tests.domain import oracle
from tests.domain.engines import CLIENTS, TRANSACTIONS, Engine, whole_days
from tests.domain.oracle import Person, Row, Standing
from tests.domain.strategies import SHORT, edges, portfolios

TODAY = date(2026, 7, 1)
DAY = timedelta(days=1)


def computed(
    engine: Engine, people: Sequence[Person], rows: Sequence[Row], as_of: date, rules: Rules = DEFAULT
) -> dict[str, Standing]:
    """What the product computes for each client; there must be one row for each."""
    activity = engine.rows(
        engine.activity(
            engine.frame([asdict(each) for each in people], CLIENTS),
            engine.frame([asdict(each) for each in rows], TRANSACTIONS),
            as_of,
            rules,
        )
    )
    assert sorted(row["client"] for row in activity) == sorted(each.client for each in people)
    return {row["client"]: Standing(*(row[name] for name in Standing._fields)) for row in activity}


def one(engine: Engine, *rows: tuple[str, float | None, str], as_of: date = TODAY, **person: Any) -> Standing:
    """Where one client stands that has these transactions: date, amount, status."""
    client = Person("Acme", person.get("created_on", date(2026, 6, 1)), person.get("mark"))
    return computed(engine, [client], written("Acme", rows), as_of, person.get("rules", DEFAULT))["Acme"]


def written(client: str, rows: Iterable[tuple[str, float | None, str]]) -> list[Row]:
    return [Row(client, date.fromisoformat(day), amount, status) for day, amount, status in rows]


@dataclass(frozen=True)
class Example:
    """A client by its transactions, and what is expected of it."""

    key: str
    name: str
    rows: list[tuple[str, float | None, str]]
    expected: Any
    created_on: date | None = date(2026, 6, 1)
    mark: str | None = None


EXAMPLES: list[Example] = []
"""All of them stand in one frame per way, which is computed once."""


def case(rows: list[tuple[str, float | None, str]], expected: Any, name: str, **person: Any) -> Example:
    EXAMPLES.append(Example(f"c{len(EXAMPLES)}", name, rows, expected, **person))
    return EXAMPLES[-1]


@cache
def standings(engine: Engine) -> dict[str, Standing]:
    people = [Person(each.key, each.created_on, each.mark) for each in EXAMPLES]
    return computed(engine, people, [row for each in EXAMPLES for row in written(each.key, each.rows)], TODAY)


@pytest.mark.parametrize(
    "example",
    [
        case([("2026-07-01", 100.0, "Issued")], "last_invoice", "an invoice of today is issued"),
        case([("2026-06-01", None, "Issued")], "last_invoice", "an invoice without an amount is issued"),
        case([("2026-06-01", 0.01, "Issued")], "last_invoice", "an invoice of a cent is issued"),
        case([("2026-06-01", 0.0, "Issued")], None, "an invoice of zero is nothing"),
        case([("2026-06-01", -100.0, "Issued")], None, "a credit note is nothing"),
        case([("2026-06-01", 100.0, "Draft")], None, "a draft is nothing"),
        case([("2026-06-01", 100.0, "Canceled")], None, "a canceled invoice is nothing"),
        case([("2026-07-02", 100.0, "Issued")], "next_planned", "a post-dated invoice is coming"),
        case([("2026-07-02", 100.0, "Planned")], "next_planned", "a plan for tomorrow is coming"),
        case([("2027-07-01", None, "Planned")], "next_planned", "a plan in exactly 12 months is coming"),
        case([("2026-07-02", 0.0, "Planned")], None, "a plan of zero is nothing"),
        case([("2026-07-02", -1.0, "Planned")], None, "a negative plan is nothing"),
        case([("2026-07-02", 100.0, "Draft")], None, "a draft for tomorrow is nothing"),
        case([("2026-07-02", 100.0, "Canceled")], None, "a canceled plan is nothing"),
        case([("2026-07-01", 100.0, "Planned")], "overdue", "a plan for today is overdue"),
        case([("2020-01-01", None, "Planned")], "overdue", "a plan of long ago is overdue"),
        case([("2026-06-01", 0.0, "Planned")], None, "an old plan of zero is nothing"),
        case([("2027-07-02", 100.0, "Planned")], "far_off", "a plan past 12 months is far off"),
        case([("2027-07-02", 100.0, "Issued")], None, "an invoice past 12 months is nothing yet"),
        case([("2027-07-02", -1.0, "Planned")], None, "a negative plan past 12 months is nothing"),
    ],
    ids=lambda each: each.name,
)
def test_a_transaction_counts_as(example: Example, way: Engine) -> None:
    standing = standings(way)[example.key]
    day = date.fromisoformat(example.rows[0][0])
    for name in ("last_invoice", "next_planned", "overdue", "far_off"):
        assert getattr(standing, name) == (day if name == example.expected else None), name


def test_the_latest_invoice_and_the_earliest_plan_of_each_kind_are_shown(way: Engine) -> None:
    standing = one(
        way,
        ("2026-02-01", 10.0, "Issued"),
        ("2026-05-01", 10.0, "Issued"),
        ("2026-04-01", 10.0, "Issued"),
        ("2026-09-01", 10.0, "Planned"),
        ("2026-08-01", 10.0, "Planned"),
        ("2026-06-20", 10.0, "Planned"),
        ("2026-06-10", 10.0, "Planned"),
        ("2028-02-01", 10.0, "Planned"),
        ("2028-01-01", 10.0, "Planned"),
    )
    assert standing.last_invoice == date(2026, 5, 1)
    assert standing.next_planned == date(2026, 8, 1)
    assert standing.overdue == date(2026, 6, 10)
    assert standing.far_off == date(2028, 1, 1)


@pytest.mark.parametrize(
    "example",
    [
        case([], None, "nothing coming"),
        case([("2026-08-01", None, "Planned")], 0.0, "amount unknown"),
        case([("2026-08-01", 100.0, "Planned"), ("2026-09-01", 50.0, "Planned")], 100.0, "the next only"),
        case([("2026-08-01", 100.0, "Planned"), ("2026-08-01", 50.0, "Issued")], 150.0, "two of one day"),
        case([("2026-08-01", 100.0, "Planned"), ("2026-08-01", -50.0, "Issued")], 100.0, "no credit note"),
        case([("2026-08-01", 100.0, "Planned"), ("2026-08-01", 50.0, "Draft")], 100.0, "no draft"),
    ],
    ids=lambda each: each.name,
)
def test_the_next_amount_is_what_is_coming_on_the_next_day(example: Example, way: Engine) -> None:
    assert standings(way)[example.key].next_amount == example.expected


@pytest.mark.parametrize(
    "example",
    [
        case([("2026-06-01", 100.0, "Issued"), ("2025-06-02", 10.0, "Issued")], 110.0, "the first day"),
        case([("2026-06-01", 100.0, "Issued"), ("2025-06-01", 10.0, "Issued")], 100.0, "12 months before"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-06-01", -30.0, "Issued")], 70.0, "a credit note"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-06-02", -30.0, "Issued")], 70.0, "a later one too"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-07-02", -30.0, "Issued")], 100.0, "none after the as-of date"),
        case(
            [("2026-06-01", 9.0, "Issued"), ("2026-05-01", 7.0, "Issued"), ("2026-05-02", -7.0, "Issued")],
            9.0,
            "credited",
        ),
        case([("2026-06-01", 100.0, "Issued"), ("2026-05-01", -300.0, "Issued")], -200.0, "below zero"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-05-01", None, "Issued")], 100.0, "a blank amount"),
        case([("2026-06-01", None, "Issued")], 0.0, "only a blank amount"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-05-01", 9.0, "Planned")], 100.0, "no overdue plan"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-05-01", 9.0, "Draft")], 100.0, "no draft"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-05-01", 9.0, "Canceled")], 100.0, "none canceled"),
        case([("2026-06-01", 100.0, "Issued"), ("2026-08-01", 9.0, "Planned")], 100.0, "no coming revenue"),
        case([("2024-02-29", 100.0, "Issued"), ("2023-03-01", 10.0, "Issued")], 110.0, "a leap year in"),
        case([("2024-02-29", 100.0, "Issued"), ("2023-02-28", 10.0, "Issued")], 100.0, "a leap year out"),
        case([("2024-01-01", 100.0, "Issued"), ("2026-08-01", 9.0, "Planned")], 9.0, "New, once invoiced"),
        case([("2026-08-01", 9.0, "Planned"), ("2027-07-01", 5.0, "Issued")], 14.0, "New: all coming"),
        case([("2026-08-01", 9.0, "Planned"), ("2027-07-02", 5.0, "Planned")], 9.0, "New: nothing far off"),
        case([("2026-08-01", 9.0, "Planned"), ("2026-08-02", -5.0, "Issued")], 9.0, "New: no credit note"),
        case([("2026-08-01", None, "Planned")], 0.0, "New without an amount"),
        case([("2026-05-01", -5.0, "Issued")], 0.0, "No Activity"),
        case([("2024-01-01", 100.0, "Issued")], 100.0, "Lost: what it once was worth"),
    ],
    ids=lambda each: each.name,
)
def test_the_value_of_a_client_is_what_its_last_year_billed(example: Example, way: Engine) -> None:
    assert standings(way)[example.key].value == example.expected


def test_the_value_window_stays_12_months_whatever_the_horizon(way: Engine) -> None:
    rows = [("2026-06-01", 100.0, "Issued"), ("2025-06-02", 10.0, "Issued"), ("2025-06-01", 1.0, "Issued")]
    assert one(way, *rows, rules=Rules(horizon_months=24)).value == 110.0
    assert one(way, *rows, rules=Rules(horizon_months=1)).value == 110.0


@pytest.mark.parametrize(
    "example",
    [
        case([("2026-06-01", 1.0, "Issued")], date(2027, 7, 7), "Active: 401 days after the last invoice"),
        case([("2025-05-27", 1.0, "Issued")], date(2026, 7, 2), "Leaving on day 400: tomorrow"),
        case([("2025-05-26", 1.0, "Issued")], None, "Lost already"),
        case([("2026-06-01", 1.0, "Issued"), ("2026-08-01", 1.0, "Planned")], None, "revenue coming"),
        case([("2026-06-01", 1.0, "Issued"), ("2026-06-02", 1.0, "Planned")], date(2027, 7, 7), "overdue"),
        case([("2026-06-01", 1.0, "Issued"), ("2028-06-02", 1.0, "Planned")], date(2027, 7, 7), "far off"),
        case([("2026-08-01", 1.0, "Planned")], None, "New"),
        case([], date(2027, 7, 6), "No Activity: 400 days after it was created"),
        case([], date(2026, 7, 2), "No Activity: tomorrow", created_on=date(2025, 5, 28)),
        case([], None, "No Activity: created on unknown", created_on=None),
        case([], None, "Lost, never invoiced", created_on=date(2024, 1, 1)),
        case([], None, "not yet a client", created_on=date(2026, 8, 1)),
        case([("2026-06-01", 1.0, "Issued")], None, "marked lost", mark="Lost"),
        case([], None, "marked canceled", mark="Canceled"),
    ],
    ids=lambda each: each.name,
)
def test_the_day_a_client_leaves(example: Example, way: Engine) -> None:
    assert standings(way)[example.key].leaves_on == example.expected


@pytest.mark.parametrize("mark", ["Lost", "Canceled"])
def test_nothing_is_coming_overdue_or_far_off_under_a_mark(mark: str, way: Engine) -> None:
    rows = [("2026-08-01", 1.0, "Planned"), ("2026-06-01", 1.0, "Planned"), ("2028-06-01", 1.0, "Planned")]
    standing = one(way, ("2026-05-01", 7.0, "Issued"), *rows, mark=mark)
    assert standing == Standing(mark, date(2026, 5, 1), None, None, None, None, 7.0, None)


def test_a_client_marked_lost_keeps_the_value_it_had(way: Engine) -> None:
    assert one(way, ("2020-05-01", 7.0, "Issued"), mark="Lost").value == 7.0


def test_a_client_created_tomorrow_is_in_no_segment_and_has_no_value(way: Engine) -> None:
    standing = one(way, ("2026-06-01", -7.0, "Issued"), ("2026-08-01", 1.0, "Planned"), created_on=TODAY + DAY)
    assert (standing.segment, standing.value, standing.leaves_on) == (None, None, None)


def test_a_client_invoiced_before_it_was_created_counts(way: Engine) -> None:
    standing = one(way, ("2026-06-01", 7.0, "Issued"), created_on=TODAY + DAY)
    assert (standing.segment, standing.value) == ("Active", 7.0)


def test_a_creation_date_at_the_end_of_the_calendar_does_no_harm(way: Engine) -> None:
    assert one(way, created_on=date(9999, 12, 31)).segment is None


def test_the_day_a_client_leaves_is_known_on_the_last_day_that_can_be_computed(way: Engine) -> None:
    rules = Rules(horizon_months=120, lifespan_days=3650)
    standing = one(way, (LAST_DAY.isoformat(), 1.0, "Issued"), as_of=LAST_DAY, rules=rules)
    assert standing.leaves_on == LAST_DAY + timedelta(days=3651)


def test_rows_of_an_unknown_client_are_passed_over(way: Engine) -> None:
    people, rows = [Person("a", TODAY)], [Row("b", TODAY, 5.0, "Issued")]
    assert computed(way, people, rows, TODAY)["a"].segment == "No Activity"


@pytest.mark.parametrize(
    ("people", "rows"),
    [
        pytest.param([], [], id="no clients and no transactions"),
        pytest.param([], [Row("a", TODAY, 5.0, "Issued")], id="no clients"),
        pytest.param([Person("a", TODAY), Person("b", None, "Canceled")], [], id="no transactions"),
    ],
)
def test_an_empty_table_is_no_obstacle(people: list[Person], rows: list[Row], way: Engine) -> None:
    found = computed(way, people, rows, TODAY)
    assert {key: each.segment for key, each in found.items()} == {
        each.client: each.mark or "No Activity" for each in people
    }


def test_the_result_is_of_the_same_engine_with_the_clients_own_columns_first(engine: Engine) -> None:
    clients = engine.frame([{"client": "a", "created_on": TODAY}], CLIENTS[:2])
    transactions = engine.frame([{"client": "a", "issue_date": TODAY, "amount": 5.0, "status": "Issued"}], TRANSACTIONS)
    activity = client_activity(clients, transactions, TODAY)
    assert type(activity) is type(clients)
    assert set(activity.columns) == {"client", "created_on", "mark", *Standing._fields}
    assert list(activity.columns)[:2] == ["client", "created_on"]


def test_every_date_comes_back_in_the_type_it_went_in(engine: Engine) -> None:
    clients = engine.frame([{"client": "a", "created_on": TODAY}], CLIENTS)
    transactions = engine.frame([{"client": "a", "issue_date": TODAY, "amount": 5.0, "status": "Issued"}], TRANSACTIONS)
    activity = client_activity(clients, transactions, TODAY)
    if engine.name == "pandas":
        assert {str(activity[name].dtype) for name in ("last_invoice", "leaves_on")} == {"datetime64[us]"}
    else:
        assert whole_days(engine.raw(activity))


def test_a_lazy_frame_stays_lazy() -> None:
    clients = pl.LazyFrame({"client": ["a"], "created_on": [TODAY]})
    transactions = pl.LazyFrame({"client": ["a"], "issue_date": [TODAY], "amount": [5.0], "status": ["Issued"]})
    activity = client_activity(clients, transactions, TODAY)
    assert isinstance(activity, pl.LazyFrame)
    assert activity.collect()["segment"].to_list() == ["Active"]


def test_an_as_of_date_out_of_range_is_refused(way: Engine) -> None:
    with pytest.raises(ValueError, match="an as-of date lies between"):
        computed(way, [], [], date(1900, 1, 1))


def differences(
    found: dict[str, Standing], people: Sequence[Person], rows: Sequence[Row], as_of: date, rules: Rules
) -> list[str]:
    """What differs from the rules computed by hand, with the rows that make it so."""
    mine: dict[str, list[Row]] = {each.client: [] for each in people}
    for row in rows:
        mine.get(row.client, []).append(row)
    lines = []
    for person in people:
        expected = oracle.standing(person, mine[person.client], as_of, rules)
        if found[person.client] != expected:
            got = found[person.client]
            lines.append(f"{person} with {mine[person.client]}\n    expected {expected}\n    found    {got}")
    return lines


@pytest.mark.parametrize(
    ("as_of", "rules"),
    [
        pytest.param(date(2026, 7, 1), DEFAULT, id="the first of a month"),
        pytest.param(date(2026, 6, 30), DEFAULT, id="the end of a month"),
        pytest.param(date(2024, 2, 29), DEFAULT, id="a leap day"),
        pytest.param(date(2025, 2, 28), DEFAULT, id="the day a leap day is clipped to"),
        pytest.param(date(2026, 1, 31), SHORT, id="other settings"),
    ],
)
def test_every_meeting_of_boundary_days_is_as_computed_by_hand(as_of: date, rules: Rules, way: Engine) -> None:
    days = sorted({edge + by * DAY for edge in edges(as_of, rules) for by in (-1, 0, 1)})
    past = [each for each in days if each <= as_of + DAY]
    plans = [None, as_of - DAY, as_of, as_of + DAY, *(each for each in days if each > as_of + DAY)]
    people, rows = [], []
    created = (None, as_of, as_of + DAY, *(as_of - timedelta(days=rules.lifespan_days + by) for by in (-1, 0, 1)))
    for number, (created_on, invoice, plan) in enumerate(product(created, [None, *past], plans)):
        people.append(Person(f"c{number}", created_on))
        if invoice:
            rows.append(Row(f"c{number}", invoice, 100.0, "Issued"))
            rows.append(Row(f"c{number}", oracle.months_from(invoice, -12) + number % 2 * DAY, 11.0, "Issued"))
        if plan:
            rows.append(Row(f"c{number}", plan, 40.0, "Planned"))
    assert len(people) > 500
    assert not differences(computed(way, people, rows, as_of, rules), people, rows, as_of, rules)


@settings(deadline=None, max_examples=25)
@given(portfolios())
@example(([], [], date(2024, 2, 29), DEFAULT))
def test_any_portfolio_is_as_computed_by_hand(
    way: Engine, portfolio: tuple[list[Person], list[Row], date, Rules]
) -> None:
    people, rows, as_of, rules = portfolio
    assert not differences(computed(way, people, rows, as_of, rules), people, rows, as_of, rules)


def test_the_order_of_the_rows_makes_no_difference(way: Engine) -> None:
    people = [Person(f"c{number}", TODAY - number * DAY) for number in range(20)]
    rows = [
        Row(f"c{number}", TODAY - timedelta(days=23 * number * step - 60), 10.0 * step, status)
        for number in range(20)
        for step, status in ((1, "Issued"), (2, "Planned"), (3, "Issued"))
    ]
    assert computed(way, people[::-1], rows[::-1], TODAY) == computed(way, people, rows, TODAY)
