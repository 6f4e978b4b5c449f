"""What becomes of the portfolio if nobody acts, and if all plans come true."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, repeat

from kopilot_xl.domain.credits import is_invoice, without_credited
from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.rules import DEFAULT, LAST_DAY, CutOffs, Rules, add_months
from kopilot_xl.domain.segments import PORTFOLIO, Segment
from kopilot_xl.domain.transactions import Booking

STEPS = (30, 60, 90, 180, 365)
"""How many days ahead the portfolio is looked at."""

_Group = tuple[Segment | None, bool, int, float]
"""Clients that stand alike: where on the later day, whether in today's portfolio, how many, and what they are worth."""


@dataclass(frozen=True)
class Pipeline:
    """What a client has in store after the as-of date.

    Attributes:
        invoices: the days of invoices already dated.
        plans: the days of plans.
        rows: all its issued rows, where a credit note among them is dated after the as-of date: which invoices are
            left then depends on the day.
    """

    invoices: tuple[date, ...] = ()
    plans: tuple[date, ...] = ()
    rows: Sequence[Booking] = ()

    def with_plan(self, day: date) -> Pipeline:
        """Return the same with one more plan."""
        return replace(self, plans=(*self.plans, day))

    def invoices_left(self, on: date) -> list[date]:
        """Return the days of all invoices that credit notes have not taken by a day."""
        return [day for day, amount in without_credited(self.rows, on) if is_invoice(amount)]


@dataclass(frozen=True)
class Projection:
    """The portfolio on a later day. Source: docs/rules.md, "If nobody acts".

    Attributes:
        days: how far ahead.
        on: the day.
        summary: the clients by the segment they will be in, each with the value it has today.
        leaving: the clients of today's portfolio that will be Lost.
        leaving_value: what they are worth today.
        share_of_value: their share of today's portfolio value; None where that is nothing.
    """

    days: int
    on: date
    summary: Summary
    leaving: int
    leaving_value: float
    share_of_value: float | None


@dataclass(frozen=True)
class ExpectedChurn:
    """A client that leaves the portfolio, and the first day on which it is Lost if nobody acts."""

    on: date
    client: Client


@dataclass(frozen=True)
class Outlook:
    """The portfolio in the days ahead: if nobody acts, if all plans come true, and who leaves when if nobody acts."""

    as_of: date
    nobody: Sequence[Projection]
    plans: Sequence[Projection]
    expected_churn: Sequence[ExpectedChurn]


@dataclass(frozen=True)
class Cohorts:
    """The clients of today, those with nothing in store added up by what decides their later segment.

    A portfolio of 100,000 clients has some thousand different last-invoice dates: each is looked at once a day.
    """

    idle: Mapping[tuple[date | None, date | None, bool], tuple[int, float]]
    """number and value by last invoice, creation date if never invoiced, and whether in today's portfolio"""
    busy: Sequence[Client]
    """those with something in store, or in the log"""
    value: float
    """of today's portfolio"""

    @classmethod
    def of(cls, clients: Sequence[Client], busy: Container[str]) -> Cohorts:
        """Part the clients, given the keys of those that have to be looked at one by one."""
        idle: dict[tuple[date | None, date | None, bool], tuple[int, float]] = {}
        total = 0.0
        for client in clients:
            inside, weight = client.segment in PORTFOLIO, client.weight
            total += weight if inside else 0.0
            if client.key not in busy:
                kind = (client.last_invoice, None if client.last_invoice else client.created_on, inside)
                number, value = idle.get(kind, (0, 0.0))
                idle[kind] = number + 1, value + weight
        return cls(idle, [each for each in clients if each.key in busy], total)

    def projections(
        self,
        ahead: Mapping[str, Pipeline],
        marks: Mapping[str, Segment],
        as_of: date,
        days: int,
        rules: Rules = DEFAULT,
    ) -> tuple[Projection, Projection]:
        """Return the portfolio so many days ahead, if nothing is added until then, and if all plans come true.

        Args:
            ahead: what clients have in store, by key.
            marks: the marks in force on the later day, by key.
            as_of: today.
            days: how far ahead.
            rules: the thresholds.
        """
        cut = CutOffs.at(as_of + timedelta(days=days), rules)
        idle = [
            (cut.segment_of(created, last, coming=False), inside, number, value)
            for (last, created, inside), (number, value) in self.idle.items()
        ]
        nobody, plans = self._later(ahead, marks, cut)
        return self._future(days, cut, idle, nobody, rules), self._future(days, cut, idle, plans, rules)

    def _future(
        self, days: int, cut: CutOffs, idle: Sequence[_Group], busy: Sequence[Segment | None], rules: Rules
    ) -> Projection:
        counts = dict.fromkeys(Segment, 0)
        values = dict.fromkeys(Segment, 0.0)
        leaving, gone = 0, 0.0
        for then, inside, number, value in chain(idle, zip(busy, self._inside, repeat(1), self._weights, strict=False)):
            if then is not None:
                counts[then] += number
                values[then] += value
            if inside and then is Segment.LOST:
                leaving += number
                gone += value
        summary = Summary(counts, values, rules)
        return Projection(days, cut.as_of, summary, leaving, gone, gone / self.value if self.value else None)

    @cached_property
    def _inside(self) -> list[bool]:
        return [each.segment in PORTFOLIO for each in self.busy]

    @cached_property
    def _weights(self) -> list[float]:
        return [each.weight for each in self.busy]

    @cached_property
    def _keys(self) -> list[str]:
        return [each.key for each in self.busy]

    @cached_property
    def _days(self) -> list[tuple[date | None, date | None]]:
        return [(each.created_on, each.last_invoice) for each in self.busy]

    def _later(
        self, ahead: Mapping[str, Pipeline], marks: Mapping[str, Segment], cut: CutOffs
    ) -> tuple[list[Segment | None], list[Segment | None]]:
        """Where each of those looked at one by one stands on a later day, and where if all plans come true."""
        on, horizon = cut.as_of, cut.horizon
        places: dict[tuple[date | None, date | None, bool], Segment | None] = {}
        nobody: list[Segment | None] = []
        plans: list[Segment | None] = []

        def place(created: date | None, last: date | None, coming: bool) -> Segment | None:
            kind = created if last is None else None, last, coming
            if kind not in places:
                places[kind] = cut.segment_of(*kind)
            return places[kind]

        known = zip(self._days, map(ahead.get, self._keys), map(marks.get, self._keys), strict=True)
        for (created, last), store, mark in known:
            if mark:
                nobody.append(mark)
                plans.append(mark)
                continue
            coming = planned = False
            invoiced = last
            if store is not None:
                invoices: Sequence[date] = store.invoices
                if store.rows:
                    last, invoices = None, store.invoices_left(on)
                for day in invoices:
                    if day > on:
                        coming = coming or day <= horizon
                    elif last is None or day > last:
                        last = day
                invoiced = last
                for day in store.plans:
                    planned = planned or on < day <= horizon
                    if day <= on and (invoiced is None or day > invoiced):
                        invoiced = day
            then = place(created, last, coming or planned)
            nobody.append(then)
            plans.append(then if invoiced == last else place(created, invoiced, coming or planned))
        return nobody, plans


def expected_churn(
    clients: Sequence[Client], ahead: Mapping[str, Pipeline], as_of: date, rules: Rules = DEFAULT
) -> list[ExpectedChurn]:
    """Return who leaves within the last of `STEPS` if nobody acts: the earliest first, then the most valuable."""
    last = as_of + timedelta(days=STEPS[-1])
    # An invoice from after the first of these days to the second comes before the client could leave, and keeps it.
    keeping = last - timedelta(days=rules.lifespan_days + 1), add_months(as_of, rules.horizon_months)
    found = []
    for client in clients:
        if client.segment in PORTFOLIO:
            store = ahead.get(client.key)
            if store and not store.rows and any(keeping[0] < on <= keeping[1] for on in store.invoices):
                continue
            on = client.leaves_on if store is None else _leaving_day(client, store, as_of, rules)
            if on is not None and on <= last:
                found.append(ExpectedChurn(on, client))
    return sorted(found, key=lambda each: (each.on, -each.client.weight, each.client.name, each.client.id))


def _first_lost_day(client: Client, store: Pipeline, as_of: date, rules: Rules) -> date | None:
    """The first of the coming days on which a client is Lost that has a credit note ahead; None if there is none."""
    for days in range(1, STEPS[-1] + 1):
        cut = CutOffs.at(as_of + timedelta(days=days), rules)
        invoices = store.invoices_left(cut.as_of)
        last = max((day for day in invoices if day <= cut.as_of), default=None)
        coming = any(map(cut.is_coming, (*invoices, *store.plans)))
        if cut.segment_of(client.created_on, last, coming) is Segment.LOST:
            return cut.as_of
    return None


def _leaving_day(client: Client, store: Pipeline, as_of: date, rules: Rules) -> date | None:
    """The first day a client of the portfolio is Lost if nobody acts; None if it never is (created when unknown).

    While something is coming it does not leave; on the day of a plan that was not invoiced, it may.
    """
    if store.rows:
        return _first_lost_day(client, store, as_of, rules)
    life = timedelta(days=rules.lifespan_days + 1)
    # What is dated past the last day one can look at, as 9999-12-31, has no day of leaving.
    invoices = [on for on in store.invoices if on <= LAST_DAY]
    if client.last_invoice:
        day = client.last_invoice + life
    elif client.created_on:
        day = client.created_on + life - timedelta(days=1)
    elif not invoices:
        return None
    else:
        day = min(invoices)
    day = max(day, as_of + timedelta(days=1))
    events = [(on, on + life) for on in invoices] + [(on, on) for on in store.plans if on <= LAST_DAY]
    for on, stays_until in sorted(events):
        if on > add_months(day, rules.horizon_months):
            break
        day = max(day, stays_until)
    return day
