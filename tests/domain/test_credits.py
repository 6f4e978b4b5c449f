"""Credit notes take invoices: by example, and at random against the rules computed by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta

import pytest

from kopilot_xl.domain.clients import Identity, clients_as_of
from kopilot_xl.domain.credits import cents, taken_by
from kopilot_xl.domain.portfolio import Client, do_next, won
from kopilot_xl.domain.rules import DEFAULT, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger, Status
from tests.domain import oracle
from tests.domain.engines import CLIENTS, ENGINES, TRANSACTIONS, Engine
from tests.domain.oracle import Person, Row, Standing
from tests.domain.strategies import credited_portfolio

TODAY = date(2026, 7, 1)


def day(number: int) -> date:
    return date(2026, 6, number)


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        pytest.param([(day(1), 100.0), (day(5), -100.0)], {0, 1}, id="in full"),
        pytest.param([(day(5), -100.0), (day(5), 100.0)], {0, 1}, id="on the same day, in any order of the rows"),
        pytest.param([(day(5), 100.0), (day(4), -100.0)], set(), id="before the invoice: a partial credit"),
        pytest.param([(day(1), 100.0), (day(5), -99.99)], set(), id="another amount"),
        pytest.param([(day(1), 100.004), (day(5), -100.0)], {0, 1}, id="the same to the cent"),
        pytest.param([(day(1), 100.0), (TODAY + timedelta(1), -100.0)], set(), id="after the as-of date"),
        pytest.param([(day(1), 100.0), (TODAY, -100.0)], {0, 1}, id="on the as-of date"),
        pytest.param([(day(1), 9.0), (day(3), 9.0), (day(5), -9.0)], {1, 2}, id="the latest of several equal ones"),
        pytest.param([(day(1), 9.0), (day(3), -9.0), (day(5), 9.0)], {0, 1}, id="none after the note"),
        pytest.param([(day(1), 9.0), (day(3), -9.0), (day(4), -9.0)], {0, 1}, id="not twice"),
        pytest.param([(day(1), None), (day(3), -9.0)], set(), id="no blank amount"),
    ],
)
def test_a_credit_note_takes(rows: Sequence[tuple[date, float | None]], taken: set[int]) -> None:
    assert taken_by(rows, TODAY) == taken


def test_amounts_are_compared_to_the_cent() -> None:
    assert [cents(each) for each in (0.1 + 0.2, 99.99, 0.004, 0.005)] == [30, 9999, 0, 1]


def clients(
    people: Sequence[Person], rows: Sequence[Row], as_of: date, rules: Rules, looking_back: bool = False
) -> list[Client]:
    ledger = Ledger.of(
        [row.client for row in rows],
        [row.issue_date for row in rows],
        [row.amount for row in rows],
        [Status(row.status) for row in rows],
        {at for at, row in enumerate(rows) if row.unpaid},
    )
    identities = [Identity(each.client, each.client, each.client, each.created_on) for each in people]
    marks = {each.client: Segment(each.mark) for each in people if each.mark}
    return clients_as_of(identities, ledger, as_of, rules, marks, looking_back=looking_back)


def test_a_client_credited_in_full_was_never_invoiced() -> None:
    rows = [Row("a", day(1), 10_000.0, "Issued"), Row("a", day(5), -10_000.0, "Issued")]
    (found,) = clients([Person("a", date(2024, 1, 1))], rows, TODAY, DEFAULT)
    assert (found.segment, found.value, found.last_invoice) == (Segment.LOST, 0.0, None)
    (earlier,) = clients([Person("a", date(2024, 1, 1))], rows, day(4), DEFAULT)
    assert (earlier.segment, earlier.value) == (Segment.ACTIVE, 10_000.0)


def test_a_leaving_client_whose_last_invoice_is_credited_is_lost() -> None:
    rows = [
        Row("a", date(2025, 1, 1), 50.0, "Issued"),
        Row("a", date(2025, 6, 10), 100.0, "Issued"),
        Row("a", day(5), -100.0, "Issued"),
    ]
    (found,) = clients([Person("a", None)], rows, TODAY, DEFAULT)
    assert (found.segment, found.last_invoice, found.value) == (Segment.LOST, date(2025, 1, 1), 50.0)


def test_portfolios_full_of_credit_notes_are_as_computed_by_hand() -> None:
    seen = 0
    for seed in range(400):
        people, rows, as_of, rules = credited_portfolio(seed)
        looking_back = seed % 4 == 0
        found = clients(people, rows, as_of, rules, looking_back)
        for person, client in zip(people, found, strict=True):
            here = Standing(*(getattr(client, name) for name in Standing._fields))
            assert here == oracle.standing(person, rows, as_of, rules, looking_back), (seed, person)
            seen += bool(oracle.credited([row for row in rows if row.client == person.client], as_of))
            if not looking_back:
                owed = oracle.unpaid(person, rows, as_of)
                assert (client.unpaid_since, client.unpaid) == (owed or (None, None)), (seed, person)
        if looking_back:
            continue
        listed = {str(heading): [each.key for each in some] for heading, some in do_next(found).items()}
        assert listed == oracle.do_next(people, rows, as_of, rules), seed
        days = [row.issue_date for row in rows if row.status == "Issued" and row.issue_date <= as_of]
        days += [person.created_on for person in people if person.created_on]
        assert won(found, min(days, default=None), as_of, rules) == oracle.won(people, rows, as_of, rules), seed
    assert seen > 300


@pytest.mark.parametrize("engine", ENGINES, ids=lambda each: each.name)
def test_all_engines_agree_about_credit_notes(engine: Engine) -> None:
    for seed in range(400, 430):
        people, rows, as_of, rules = credited_portfolio(seed)
        found = engine.rows(
            engine.activity(
                engine.frame([asdict(each) for each in people], CLIENTS),
                engine.frame([asdict(each) for each in rows], TRANSACTIONS),
                as_of,
                rules,
            )
        )
        here = {row["client"]: Standing(*(row[name] for name in Standing._fields)) for row in found}
        assert here == {each.client: oracle.standing(each, rows, as_of, rules) for each in people}, seed
    engine.close()
