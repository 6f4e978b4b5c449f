"""What becomes of the portfolio if nobody acts, and if all plans come true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kopilot_xl.domain.portfolio import Client, Summary
from kopilot_xl.domain.rules import DEFAULT, LAST_DAY, CutOffs, Rules, add_months
from kopilot_xl.domain.segments import PORTFOLIO, Segment

STEPS = (30, 60, 90, 180, 365)
"""How many days ahead the portfolio is looked at."""


@dataclass(frozen=True)
class Ahead:
    """What a client has in store after the as-of date: days of invoices already dated, and of plans."""

    invoices: tuple[date, ...] = ()
    plans: tuple[date, ...] = ()

    def with_invoice(self, day: date) -> Ahead:
        """Return the same with one more invoice."""
        return Ahead((*self.invoices, day), self.plans)

    def with_plan(self, day: date) -> Ahead:
        """Return the same with one more plan."""
        return Ahead(self.invoices, (*self.plans, day))

    @property
    def come_true(self) -> Ahead:
        """The same if each plan is invoiced on its day."""
        return Ahead((*self.invoices, *self.plans))


@dataclass(frozen=True)
class Future:
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
class Departure:
    """A client that leaves the portfolio, and the first day on which it is Lost if nobody acts."""

    on: date
    client: Client


@dataclass(frozen=True)
class Outlook:
    """The portfolio in the days ahead: if nobody acts, if all plans come true, and who leaves when if nobody acts."""

    as_of: date
    nobody: Sequence[Future]
    plans: Sequence[Future]
    departures: Sequence[Departure]


def later_segments(
    clients: Sequence[Client],
    ahead: Mapping[str, Ahead],
    marks: Mapping[str, Segment],
    on: date,
    rules: Rules = DEFAULT,
) -> dict[str, Segment | None]:
    """Return the segment of each client, by its key, on a later day on which nothing has been added.

    Args:
        clients: the clients as of today.
        ahead: what some of them have in store, by key.
        marks: the marks in force on the later day.
        on: the later day.
        rules: the thresholds.
    """
    cut = CutOffs.at(on, rules)
    idle: dict[tuple[date | None, date | None], Segment | None] = {}
    segments: dict[str, Segment | None] = {}
    for client in clients:
        store = ahead.get(client.key)
        if client.key in marks:
            segments[client.key] = marks[client.key]
        elif store is None:
            known = (client.last_invoice, None if client.last_invoice else client.created_on)
            if known not in idle:
                idle[known] = cut.place(client.created_on, client.last_invoice, coming=False)
            segments[client.key] = idle[known]
        else:
            sent = [each for each in (client.last_invoice, *store.invoices) if each and each <= on]
            coming = any(cut.is_coming(each) for each in (*store.invoices, *store.plans))
            segments[client.key] = cut.place(client.created_on, max(sent, default=None), coming)
    return segments


def future(
    clients: Sequence[Client], later: Mapping[str, Segment | None], as_of: date, days: int, rules: Rules = DEFAULT
) -> Future:
    """Return the portfolio so many days ahead, given the clients as of today and their later segments by key."""
    counts = dict.fromkeys(Segment, 0)
    values = dict.fromkeys(Segment, 0.0)
    leaving, gone, total = 0, 0.0, 0.0
    for client in clients:
        then = later[client.key]
        if then is not None:
            counts[then] += 1
            values[then] += client.weight
        if client.segment in PORTFOLIO:
            total += client.weight
            if then is Segment.LOST:
                leaving += 1
                gone += client.weight
    summary = Summary(counts, values, rules)
    return Future(days, as_of + timedelta(days=days), summary, leaving, gone, gone / total if total else None)


def departures(
    clients: Sequence[Client], ahead: Mapping[str, Ahead], as_of: date, rules: Rules = DEFAULT
) -> list[Departure]:
    """Return who leaves within the last of `STEPS` if nobody acts: the earliest first, then the most valuable."""
    last = as_of + timedelta(days=STEPS[-1])
    found = []
    for client in clients:
        if client.segment in PORTFOLIO:
            on = _leaving_day(client, ahead.get(client.key, Ahead()), as_of, rules)
            if on is not None and on <= last:
                found.append(Departure(on, client))
    return sorted(found, key=lambda each: (each.on, -each.client.weight, each.client.name, each.client.id))


def _leaving_day(client: Client, store: Ahead, as_of: date, rules: Rules) -> date | None:
    """The first day a client of the portfolio is Lost if nobody acts; None if it never is (created when unknown).

    While something is coming it does not leave; on the day of a plan that was not invoiced, it may.
    """
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
