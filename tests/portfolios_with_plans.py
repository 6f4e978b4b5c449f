"""Random portfolios with what decides a segment later: plans, post-dated invoices, credit notes, marks, typed dates."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kopilot_xl.workbook.book import Value


@dataclass(frozen=True)
class Rows:
    """The rows of the three tables that a user fills, in the order of their columns."""

    clients: Sequence[Sequence[Value]]
    transactions: Sequence[Sequence[Value]]
    actions: Sequence[Sequence[Value]]


def random_rows(seed: int, as_of: date, clients: int, *, surprises: bool = True) -> Rows:
    """Return so many clients with their invoices, plans and decisions around a day.

    `surprises` are what the facts of the day cannot tell in full: credit notes and decisions of later days, and clients
    with more plans than there is room for.
    """
    chance = random.Random(seed)
    people: list[Sequence[Value]] = []
    rows: list[Sequence[Value]] = []
    log: list[Sequence[Value]] = []
    for number in range(clients):
        id_: Value = number + 1001 if chance.random() < 0.5 else f"C-{number}"
        people.append([id_, f"Client {number}", _created(chance, as_of)])
        kind = chance.random()
        for _ in range(0 if kind < 0.2 else chance.randint(1, 5)):
            day = as_of - timedelta(days=chance.randint(0, 480))
            amount = chance.choice([100.0, 250.5, 1000.0, None])
            rows.append([id_, day, amount, chance.choice(["Paid", "Sent", None, "Overdue"]), None])
            if surprises and amount and chance.random() < 0.05:
                rows.append([id_, day + timedelta(days=chance.randint(0, 300)), -amount, "Paid", None])
        for _ in range(chance.choice([0, 0, 1, 2, 5])):  # plans, some of them long ahead
            rows.append([id_, as_of + timedelta(days=chance.randint(-40, 900)), 500.0, "Planned", None])
        if chance.random() < 0.15:  # post-dated invoices
            rows.append([id_, as_of + timedelta(days=chance.randint(1, 500)), 300.0, "Sent", None])
        if surprises and chance.random() < 0.03:  # more days than there is room for
            rows += [[id_, as_of + timedelta(days=7 * week), 50.0, "Planned", None] for week in range(1, 40)]
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            log.append(_decision(chance, id_, as_of, surprises))
    people.append([people[0][0], "The first one again", as_of])
    return Rows(people, rows, log)


def _created(chance: random.Random, as_of: date) -> Value:
    day = as_of - timedelta(days=chance.randint(-60, 800))
    return chance.choice(
        [day, day, day, None, f"{day:%Y-%m-%d}", "long ago", datetime(day.year, day.month, day.day, 15)]
    )


def _decision(chance: random.Random, id_: Value, as_of: date, surprises: bool) -> Sequence[Value]:
    recorded = as_of - timedelta(
        days=chance.choice([chance.randint(0, 200), chance.randint(-30 if surprises else 0, 60)])
    )
    moment = datetime(recorded.year, recorded.month, recorded.day, 10)
    action = chance.choice(["Plan revenue", "Mark lost", "Mark lost", "Mark canceled", "Reactivate"])
    if action == "Plan revenue":
        return [moment, id_, action, recorded + timedelta(days=chance.randint(1, 400)), 400.0]
    return [moment, id_, action]
