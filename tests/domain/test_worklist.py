"""The list to work with: whom it names, what is usual of a client, what is particular, and whether revenue lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pytest

from kopilot_xl.domain.actions import ClientHistory, LoggedAction, Transaction, replay
from kopilot_xl.domain.lasting import lasting
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.segments import Action, Segment
from kopilot_xl.domain.transactions import Booking, Ledger, Status
from kopilot_xl.domain.usual import usual
from kopilot_xl.domain.worklist import ROOM, worklist

AS_OF = date(2026, 7, 1)


def on(*days: tuple[int, int], amount: float = 100.0) -> list[Booking]:
    return [(date(year, month, 10), amount) for year, month in days]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (on((2024, 6), (2025, 6)), "Jun"),
        (on((2024, 5), (2025, 5), (2024, 6), (2025, 6), (2025, 9)), "May, Jun"),
        (
            on((2023, 8), (2023, 11), (2024, 2), (2024, 5), (2024, 8), (2024, 11), (2025, 2), (2025, 5), (2025, 8)),
            "quarterly",
        ),
        (on(*((2025, month) for month in range(1, 13))), "monthly"),
        (on((2025, 1), (2025, 3), (2025, 4)), "varies"),
    ],
)
def test_the_months_that_saw_an_invoice_in_the_most_years_are_usual(rows: Sequence[Booking], text: str) -> None:
    found = usual(rows, AS_OF)
    assert found is not None
    assert found.text == text


def test_the_usual_amount_is_the_median_and_credited_invoices_are_none() -> None:
    rows = [*on((2025, 1)), *on((2025, 2), amount=300), *on((2025, 3), amount=9000), (date(2025, 4, 1), -9000.0)]
    found = usual(rows, AS_OF)
    assert found is not None
    assert (found.amount, found.invoices) == (200, 2)
    assert usual([(date(2026, 8, 1), 5.0)], AS_OF) is None, "not invoiced yet"


def client(name: str, **known: object) -> Client:
    return Client(key=name, id=name, name=name, segment=Segment.SLEEPING_AWAY, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "rows", "particular", "urgent"),
    [
        ({"unpaid": 90.0, "unpaid_since": date(2025, 12, 13)}, (), "90 unpaid since 13 Dec 2025", True),
        ({"overdue": date(2026, 6, 1)}, (), "Overdue plan: 1 Jun, not invoiced", True),
        ({"far_off": date(2027, 9, 1)}, (), "Planned Sep 2027, too far ahead to count", False),
        (
            {"last_invoice": date(2025, 6, 10), "value": 70.0},
            on((2024, 6), (2025, 6)),
            "Missed its June, value 70",
            False,
        ),
        ({"last_invoice": date(2025, 8, 10)}, on((2024, 8), (2025, 8)), "Its month comes: August", False),
        ({"last_invoice": date(2026, 1, 10)}, on((2026, 1)), "10.0% of turnover", False),
        ({"created_on": date(2025, 8, 1)}, (), "Client for 11 months, nothing yet", False),
    ],
)
def test_one_thing_is_particular_about_a_client(
    known: dict[str, object], rows: Sequence[Booking], particular: str, urgent: bool
) -> None:
    found = worklist([client("A", **known)], Ledger({"A": rows}, {}), AS_OF, 1000.0)
    ((task,),) = [group.tasks for group in found.groups]
    assert (task.particular, task.urgent) == (particular, urgent)


def test_a_segment_names_as_many_as_there_is_room_for_and_those_pinned() -> None:
    people = [client(f"{at:03}", value=1000.0 - at) for at in range(50)]
    (group,) = worklist(people, Ledger({}, {}), AS_OF, 0.0, {"040"}).groups
    named = [task.client.key for task in group.tasks]
    assert named == ["000", "001", "002", "040"]
    assert (group.clients, group.more) == (50, 50 - ROOM[Segment.SLEEPING_AWAY])


def test_pinned_clients_are_named_even_where_the_rows_are_few() -> None:
    people = [client(f"{at:03}", value=1000.0 - at) for at in range(50)]
    pinned = {f"{at:03}" for at in range(20, 30)}
    (group,) = worklist(people, Ledger({}, {}), AS_OF, 0.0, pinned, room=15).groups
    assert {task.client.key for task in group.tasks} == pinned


def test_the_year_is_beside_the_year_before_once_there_are_two() -> None:
    rows = [on((2025, 9), amount=30), on((2024, 9), amount=50)]
    young = lasting(rows, date(2024, 9, 10), AS_OF, (None, None), None)
    assert (young.now.invoiced, young.before, young.known_from) == (30, None, date(2026, 9, 10))
    old = lasting(rows, date(2024, 7, 1), AS_OF, (None, None), None)
    assert old.before is not None
    assert (old.now.invoiced, old.before.invoiced, old.known_from) == (30, 50, None)


def test_decisions_brought_the_invoices_that_their_plans_took() -> None:
    plan = LoggedAction(2, datetime(2026, 1, 5), "a", Action.PLAN_REVENUE, date(2026, 2, 1), 100.0)
    days = [(date(2026, 1, 20), 90.0), (date(2026, 3, 1), 500.0), (date(2025, 12, 1), 70.0)]
    history = ClientHistory(date(2024, 1, 1), [Transaction(day, amount, Status.ISSUED) for day, amount in days])
    found = replay([plan], {"a": history}, AS_OF)
    assert found.brought_since(date(2025, 7, 1)) == 590, "both were needed to make up the plan"
    assert found.brought_since(date(2026, 2, 1)) == 500
