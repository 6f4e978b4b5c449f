"""What was sold in each month, what is planned in the months ahead, and whom to call about each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import chain
from math import fsum

from kopilot_xl.domain.portfolio import Client, do_next
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Booking, Ledger

YEAR = 12
"""The months of a year, and how many of them are looked ahead."""
CALLS_NAMED = 25
"""How many clients the call list of a month names; all are counted."""


def month_of(day: date) -> int:
    """Return the number of a day's month: months are counted on from the year 0, so that they can be added to."""
    return day.year * YEAR + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month, by its number."""
    return date(month // YEAR, month % YEAR + 1, 1)


def ends_month(day: date) -> bool:
    """Tell whether a day is the last of its month."""
    return (day + timedelta(days=1)).day == 1


@dataclass(frozen=True)
class Sales:
    """What was sold in each month up to the as-of date, each month split at that day of the month.

    Source: docs/rules.md, "The forecast". The split is what makes a past date comparable with the as-of date: on the
    same day of an earlier month, what came after it was not known.

    Attributes:
        as_of: the as-of date.
        first: the number of the first month with sales; that of the running month if there are none.
        before: the sums of the months from `first` to the running one, up to the day of the month of the as-of date;
            a month without sales is 0. Where the as-of date ends its month, whole months.
        after: the same after that day; 0 for the running month.
    """

    as_of: date
    first: int
    before: Sequence[float]
    after: Sequence[float]

    @classmethod
    def of(cls, as_of: date, sums: Mapping[tuple[int, bool], float]) -> Sales:
        """Return the sales, given sums by month and whether after the as-of date's day of the month."""
        running = month_of(as_of)
        first = min((month for month, _ in sums), default=running)
        months = range(first, running + 1)
        return cls(
            as_of,
            first,
            [sums.get((month, False), 0.0) for month in months],
            [sums.get((month, True), 0.0) for month in months],
        )

    @cached_property
    def months(self) -> Sequence[float]:
        """The sums of the months from `first` to the running one, which is sold in part unless it has ended."""
        return [before + after for before, after in zip(self.before, self.after, strict=True)]

    @property
    def ended(self) -> bool:
        """Whether the as-of date ends its month, so that the running month is whole."""
        return ends_month(self.as_of)

    @property
    def whole(self) -> int:
        """How many whole months there are; the first counts as one. 0 where nothing was ever sold."""
        sold = any(self.before) or any(self.after)
        return len(self.months) - (not self.ended) if sold else 0

    @property
    def so_far(self) -> float:
        """What was sold in the running month up to the as-of date."""
        return self.before[-1]

    @property
    def year_to_date(self) -> float:
        """What was sold from 1 January of the as-of date's year up to the as-of date."""
        return sum(self.months[-self.as_of.month :])


def monthly_sales(invoices: Iterable[Booking], as_of: date) -> Sales:
    """Return what was sold in each month up to the as-of date.

    Args:
        invoices: the issue date and amount of every invoice and credit note; a blank amount counts 0, and so does what
            is dated after the as-of date.
        as_of: the day; nothing dated after it has happened.
    """
    split = 31 if ends_month(as_of) else as_of.day
    months: dict[date, tuple[int, bool]] = {}  # there are far fewer dates than invoices
    amounts: defaultdict[tuple[int, bool], list[float]] = defaultdict(list)
    for day, amount in invoices:
        if amount and day <= as_of:
            month = months.get(day)
            if month is None:
                month = months[day] = month_of(day), day.day > split
            amounts[month].append(amount)
    return Sales.of(as_of, {month: fsum(some) for month, some in amounts.items()})


@dataclass(frozen=True)
class Call:
    """A client to call about a month: it was invoiced in that month of the year before, and has nothing coming."""

    client: Client
    amount: float
    """what it was invoiced then, credit notes included"""


@dataclass(frozen=True)
class Prepared:
    """What is planned in a month ahead, and whom to call about it. Source: docs/rules.md, "The forecast".

    Attributes:
        month: its first day.
        planned: what is coming in it, by the segment of the clients it is coming from.
        calls: the first `CALLS_NAMED` clients to call, in the order to work through the portfolio.
        to_call: how many clients there are to call.
        last_year: what all of them were invoiced in that month of the year before.
    """

    month: date
    planned: Mapping[Segment, float]
    calls: Sequence[Call]
    to_call: int
    last_year: float

    @property
    def total(self) -> float:
        """What is planned in the month."""
        return sum(self.planned.values())


def prepared(clients: Sequence[Client], ledger: Ledger, as_of: date, rules: Rules = DEFAULT) -> list[Prepared]:
    """Return what is planned in each of the months after the running one, and whom to call about it.

    Args:
        clients: every client as it stands on the as-of date.
        ledger: their transactions, and the open plans of the action log as such.
        as_of: the day.
        rules: the thresholds.
    """
    running = month_of(as_of)
    planned = _planned(clients, ledger, CutOffs.at(as_of, rules))
    to_call = _to_call(clients, ledger, first_day(running + 1 - YEAR), as_of)
    months = []
    for month in range(running + 1, running + 1 + YEAR):
        found = to_call.get(month - YEAR, [])
        calls = [Call(client, amount) for client, amount in found[:CALLS_NAMED]]
        last_year = fsum(amount for _, amount in found)
        months.append(Prepared(first_day(month), planned.get(month, {}), calls, len(found), last_year))
    return months


def _planned(clients: Sequence[Client], ledger: Ledger, cut: CutOffs) -> dict[int, dict[Segment, float]]:
    """What is coming, by month and by the segment of the clients it is coming from."""
    today, horizon = cut.as_of, cut.horizon
    amounts: defaultdict[int, defaultdict[Segment, list[float]]] = defaultdict(lambda: defaultdict(list))
    for client in clients:
        if client.next_planned is None or client.segment is None:
            continue
        for rows in (ledger.issued.get(client.key, ()), ledger.planned.get(client.key, ())):
            for day, amount in rows:
                if today < day <= horizon and amount is not None and amount > 0:
                    amounts[month_of(day)][client.segment].append(amount)
    return {month: {segment: fsum(some) for segment, some in here.items()} for month, here in amounts.items()}


def _to_call(
    clients: Sequence[Client], ledger: Ledger, since: date, as_of: date
) -> dict[int, list[tuple[Client, float]]]:
    """Whom to call in the order to work through: by each month since a day, the clients invoiced in it, and the sums.

    Clients with something coming are left out.
    """
    idle = [
        client
        for client in clients
        if client.next_planned is None and client.last_invoice and client.last_invoice >= since
    ]
    found: defaultdict[int, list[tuple[Client, float]]] = defaultdict(list)
    for client in chain.from_iterable(do_next(idle).values()):
        billed: dict[int, list[float]] = {}
        invoiced = set[int]()
        for day, amount in ledger.issued.get(client.key, ()):
            if since <= day <= as_of:
                month = day.year * YEAR + day.month - 1  # month_of, without a call for each invoice
                billed.setdefault(month, []).append(amount or 0.0)
                if amount is None or amount > 0:
                    invoiced.add(month)
        for month in invoiced:
            found[month].append((client, fsum(billed[month])))
    return found
