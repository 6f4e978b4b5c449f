"""Twelve small portfolios, each with one thing that is easily told wrong; as of `AS_OF`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from kopilot_xl.workbook.book import Value
from tests.portfolios import AS_OF, CLIENTS, TRANSACTIONS, make_portfolio

Rows = Sequence[Sequence[Value]]
OLD = date(2021, 1, 1)


def _back(days: int) -> date:
    return AS_OF - timedelta(days=days)


def _rows(number: int, row: Callable[[int], Sequence[Value]]) -> list[Sequence[Value]]:
    return [row(index) for index in range(number)]


@dataclass(frozen=True)
class SmallPortfolio:
    """The rows of a workbook, in the user's columns."""

    clients: Rows
    transactions: Rows
    actions: Rows = ()
    settings: Mapping[str, Value] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write the workbook."""
        return make_portfolio(path, self.clients, self.transactions, self.actions, self.settings)


PORTFOLIOS: dict[str, SmallPortfolio] = {
    "one per segment": SmallPortfolio(CLIENTS, TRANSACTIONS),
    "credited in full": SmallPortfolio(
        [["A", "Credited in full", date(2024, 1, 1)], ["B", "Honest", date(2024, 1, 1)]],
        [
            ["A", date(2026, 6, 1), 10_000.0, "Sent"],
            ["A", date(2026, 6, 5), -10_000.0, "Sent"],
            ["B", date(2026, 6, 1), 500.0, "Paid"],
            ["B", date(2026, 6, 20), -120.0, "Paid"],
        ],
    ),
    "instalments": SmallPortfolio(
        [["A", "Pays in thirds", date(2024, 1, 1)]],
        [["A", date(2026, 6, day), amount, "Paid"] for day, amount in ((5, 3400.0), (15, 3300.0), (25, 3300.0))],
        [[date(2026, 5, 1), "A", "Plan revenue", date(2026, 6, 20), 10_000.0]],
    ),
    "invoiced ahead": SmallPortfolio(
        [["A", "Invoice written ahead", date(2026, 6, 1)]],
        [["A", date(2026, 8, 10), 5000.0, "Issued"]],
        [[date(2026, 6, 1), "A", "Plan revenue", date(2026, 8, 15), 5000.0]],
    ),
    "a token plan": SmallPortfolio(
        [["A", "Worth 100k, leaving", OLD]],
        [["A", date(2025, 6, 16), 100_000.0, "Paid"]],
        [[AS_OF, "A", "Plan revenue", date(2027, 6, 30), 1.0]],
    ),
    "nobody leaves": SmallPortfolio(
        [[f"C{at}", f"Client {at}", date(2024, 1, 13)] for at in range(4)],
        [[f"C{at}", date(2026, 6, 26) if at < 2 else date(2026, 2, 1), 100.0, "Paid"] for at in range(4)],
    ),
    "won, not planned": SmallPortfolio(
        [
            *_rows(10, lambda at: [f"N{at}", f"Won {at}", _back(60 + at)]),
            *_rows(9, lambda at: [f"S{at}", f"Quiet {at}", date(2024, 1, 13)]),
            ["L", "Leaving one", date(2024, 1, 13)],
        ],
        [
            *_rows(10, lambda at: [f"N{at}", _back(50 - at), 2000.0, "Paid"]),
            *_rows(9, lambda at: [f"S{at}", date(2026, 2, 1), 1000.0, "Paid"]),
            ["L", _back(380), 500.0, "Paid"],
        ],
    ),
    "recorded after the day": SmallPortfolio(
        [["A", "Pending cancel", date(2025, 6, 10)], ["B", "Pending plan", OLD]],
        [["B", date(2025, 6, 23), 1000.0, "Paid"]],
        [
            [AS_OF + timedelta(days=4), "A", "Mark canceled"],
            [AS_OF + timedelta(days=5), "B", "Plan revenue", date(2026, 9, 30), 5000.0],
        ],
    ),
    "unpaid": SmallPortfolio(
        [["A", "Owes me", date(2022, 1, 1)], ["B", "Written off", date(2022, 1, 1)]],
        [["A", date(2025, 12, 13), 9000.0, "Overdue"], ["B", date(2024, 3, 1), 40.0, "Bad debt"]],
    ),
    "other settings": SmallPortfolio(
        [[f"A{at}", f"N{at}", _back(30 * at)] for at in range(30)],
        [[f"A{at}", _back(25 * at), 100.0 + at, "Paid"] for at in range(28)],
        settings={"ActiveMonths": 1, "SleepingMonths": 2, "LifespanDays": 100, "InaccurateShare": 0.1},
    ),
    "names and blank days in the log": SmallPortfolio(
        [["A", "Alder", OLD], ["B", "Birch", OLD], [1001, "Cedar & Co", OLD]],
        [
            ["A", date(2026, 5, 1), 900.0, "Paid"],
            ["B", date(2025, 9, 1), 700.0, "Paid"],
            [1001, date(2025, 11, 15), 100.0, "Sent"],
        ],
        [
            [None, "alder", "Mark as lost"],
            [date(2026, 6, 1), "  BIRCH ", "plan", date(2026, 10, 1), 2500.0],
            [date(2026, 6, 2), "cedar  & co", "Mark cancelled"],
            [date(2026, 6, 3), "Dogwood", "Mark lost"],
        ],
    ),
    "amounts that cannot be read": SmallPortfolio(
        [["A", "Alder", date(2024, 1, 1)], ["B", "Birch", date(2024, 1, 1)], ["C", "Cedar", date(2026, 6, 1)]],
        [
            ["A", date(2026, 6, 1), "about 900", "Paid"],
            ["B", date(2026, 6, 1), "(about 900)", "Paid"],
            ["C", date(2026, 9, 1), "12x CR", "Planned"],
            ["C", date(2026, 6, 10), 0.0, "Planned"],
        ],
    ),
}
