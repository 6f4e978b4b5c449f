"""Where each client stands, in plain Python: the same table as on every engine, and what only rows can show.

The examples of test_activity.py and test_segments.py go through it as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import given, settings

from kopilot_xl.domain.clients import Identity, activities, clients_as_of
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger, Status
from tests.domain.engines import Engine, PlainPython
from tests.domain.oracle import Person, Row
from tests.domain.strategies import portfolios
from tests.domain.test_activity import computed

TODAY = date(2026, 7, 1)


@settings(deadline=None, max_examples=50)
@given(portfolios())
def test_the_same_rows_give_the_same_table_as_on_every_engine(
    engine: Engine, portfolio: tuple[list[Person], list[Row], date, Rules]
) -> None:
    assert computed(PlainPython(), *portfolio) == computed(engine, *portfolio)


def one(amounts: Sequence[float]) -> Ledger:
    """A ledger of one client, all of it of one day."""
    number = len(amounts)
    return Ledger.of(["a"] * number, [TODAY] * number, amounts, [Status.ISSUED] * number)


ALDER = Identity("a", "A", "Alder", None)


def test_clients_keep_their_order_ids_and_names() -> None:
    birch = Identity("b", "B", "Birch", TODAY)
    found = clients_as_of([birch, ALDER], one([5.0]), TODAY, marks={"b": Segment.CANCELED})
    assert [(each.key, each.id, each.name, each.created_on, each.segment) for each in found] == [
        ("b", "B", "Birch", TODAY, Segment.CANCELED),
        ("a", "A", "Alder", None, Segment.ACTIVE),
    ]


def test_a_sum_has_the_same_last_digit_in_whatever_order_the_rows_come() -> None:
    amounts = [0.1, 0.2, 0.3, 1e15, -1e15]
    (forth,) = activities([ALDER], one(amounts), TODAY)
    (back,) = activities([ALDER], one(amounts[::-1]), TODAY)
    assert forth.value == back.value == 0.6
