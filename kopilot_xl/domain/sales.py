"""What was invoiced, what is planned in the months ahead, and whom to call about each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from math import fsum

from kopilot_xl.domain.forecasting import YEAR, Expectation, Past, Row, first_day, month_of
from kopilot_xl.domain.portfolio import Client, do_next
from kopilot_xl.domain.rules import DEFAULT, CutOffs, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Ledger

CALLS_NAMED = 25
"""How many clients the call list of a month names; all are counted."""


def coming(clients: Sequence[Client], ledger: Ledger, as_of: date, rules: Rules = DEFAULT) -> Iterator[Row]:
    """Return what is coming: planned revenue and invoices dated ahead, within the horizon.

    That of marked clients is among it, though nothing comes of it: their plans were expected once.

    Args:
        clients: every client as it is on the as-of date.
        ledger: their transactions, and the open plans of the action log as such.
        as_of: the day.
        rules: the thresholds.
    """
    horizon = CutOffs.at(as_of, rules).horizon
    for client in clients:
        if client.segment is None:
            continue
        for rows in (ledger.issued.get(client.key, ()), ledger.planned.get(client.key, ())):
            for day, amount in rows:
                if as_of < day <= horizon and amount is not None and amount > 0:
                    yield Row(client.key, day, amount)


def invoiced(ledger: Ledger, as_of: date) -> Past:
    """Return what was invoiced up to a day, month by month and by client, credit notes included."""
    rows = ((client, day, amount) for client, some in ledger.issued.items() for day, amount in some)
    return Past.of(rows, as_of)


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
        calls: the first `CALLS_NAMED` clients to call: those first of which most is expected, then in the
            order to work through the portfolio.
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


def prepared(
    clients: Sequence[Client],
    ledger: Ledger,
    as_of: date,
    rules: Rules = DEFAULT,
    marked: Collection[str] = (),
    expected: Mapping[str, Expectation] | None = None,
) -> list[Prepared]:
    """Return what is planned in each of the months after the running one, and whom to call about it.

    Args:
        clients: every client as it is on the as-of date.
        ledger: their transactions, and the open plans of the action log as such.
        as_of: the day.
        rules: the thresholds.
        marked: the keys of the clients marked lost or canceled, whom nobody calls.
        expected: what is expected of each client, by its key.
    """
    running = month_of(as_of)
    planned = _planned(clients, ledger, CutOffs.at(as_of, rules))
    others = [client for client in clients if client.key not in marked]
    to_call = _to_call(others, ledger, first_day(running + 1 - YEAR), as_of)
    known = expected or {}

    def most_expected(call: tuple[Client, float]) -> float:
        return -(known[call[0].key].amount if call[0].key in known else 0.0)

    months = []
    for month in range(running + 1, running + 1 + YEAR):
        found = sorted(to_call.get(month - YEAR, []), key=most_expected)
        calls = [Call(client, amount) for client, amount in found[:CALLS_NAMED]]
        last_year = fsum(amount for _, amount in found)
        months.append(Prepared(first_day(month), planned.get(month, {}), calls, len(found), last_year))
    return months


def expected_by_segment(clients: Sequence[Client], expected: Mapping[str, Expectation]) -> dict[Segment, float]:
    """Return what the clients of each segment are expected to bring in the 12 months ahead: what is at stake there."""
    sums: defaultdict[Segment, list[float]] = defaultdict(list)
    for client in clients:
        if client.segment is not None and client.key in expected:
            sums[client.segment].append(expected[client.key].amount)
    return {segment: fsum(sums[segment]) for segment in Segment}


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
