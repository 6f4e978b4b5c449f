"""What a formula has to know of a client to tell where it stands on any later day, as known on one day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kopilot_xl.domain.actions import ActionStatus, ClientHistory, LoggedAction, ReplayedLog, replay
from kopilot_xl.domain.credits import is_invoice, taken_by
from kopilot_xl.domain.outlook import Pipeline
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import DEFAULT, LAST_DAY, Rules
from kopilot_xl.domain.segments import Action, Segment
from kopilot_xl.domain.transactions import Booking

_MARKS = frozenset({Action.MARK_LOST, Action.MARK_CANCELED})
_NOTHING = Pipeline()


@dataclass(frozen=True, slots=True)
class ComingDay:
    """A day on which a client has an invoice that is dated already, or a plan. A day with both has an invoice."""

    day: date
    is_invoice: bool


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What is known of a client on a day, as far as it decides where the client stands on later days.

    Attributes:
        first_invoice: the date of its first invoice, a post-dated one if it has no other; None without any.
        last_invoice: the date of its last invoice on or before the day.
        mark: the segment that a mark in force puts it in.
        marked_on: the day of that mark; an invoice dated after it undoes the mark.
        coming: the days after the day on which it has an invoice or a plan, in order, whatever the horizon.
        exact_until: the last day on which this is all there is to know; None if that is for ever.
    """

    first_invoice: date | None
    last_invoice: date | None
    mark: Segment | None
    marked_on: date | None
    coming: Sequence[ComingDay]
    exact_until: date | None

    def first(self, days: int) -> ClientFacts:
        """Return the same with at most so many coming days: exact until before the last of those."""
        if len(self.coming) <= days:
            return self
        kept = self.coming[:days]
        until = kept[-1].day - timedelta(days=1)
        return ClientFacts(
            self.first_invoice, self.last_invoice, self.mark, self.marked_on, kept, _earliest(self.exact_until, until)
        )


def facts(
    clients: Sequence[Client],
    pipelines: Mapping[str, Pipeline],
    entries: Sequence[LoggedAction],
    histories: Mapping[str, ClientHistory],
    log: ReplayedLog,
    as_of: date,
    rules: Rules = DEFAULT,
) -> list[ClientFacts]:
    """Return the facts of each client, in the order given.

    Args:
        clients: the clients as of the day.
        pipelines: what the transactions have in store for them after the day, by key.
        entries: the log of actions.
        histories: what is known of the clients that the log names, by key.
        log: the log replayed up to the day.
        as_of: the day.
        rules: the thresholds.
    """
    plans: dict[str, list[date]] = defaultdict(list)
    for plan in log.plans:
        plans[plan.client].append(plan.issue_date)
    marked_on: dict[str, date] = {}
    pending: dict[str, date] = {}
    for entry, result in zip(entries, log.results, strict=True):
        if entry.client is None or entry.recorded_on is None:
            continue
        recorded = entry.recorded_on.date()
        if result.status is ActionStatus.PENDING:
            pending[entry.client] = min(recorded, pending.get(entry.client, recorded))
        elif result.status is ActionStatus.APPLIED and entry.action in _MARKS:
            marked_on[entry.client] = recorded
    found = []
    for client in clients:
        key, store = client.key, pipelines.get(client.key, _NOTHING)
        mark = log.marks.get(key)
        planned = plans.get(key, [])
        if mark:
            planned = _plans_after_mark(key, marked_on[key], store.invoices, entries, histories, as_of, rules)
        days = dict.fromkeys((day for day in (*store.plans, *planned) if day > as_of), False)
        days |= dict.fromkeys(store.invoices, True)
        change = _earliest(pending.get(key), _next_credit(store.rows, as_of) if store.rows else None)
        found.append(
            ClientFacts(
                first_invoice=client.first_invoice or min(store.invoices, default=None),
                last_invoice=client.last_invoice,
                mark=mark,
                marked_on=marked_on[key] if mark else None,
                coming=[ComingDay(day, days[day]) for day in sorted(days)],
                exact_until=change - timedelta(days=1) if change else None,
            )
        )
    return found


def _plans_after_mark(
    key: str,
    marked_on: date,
    invoices: Sequence[date],
    entries: Sequence[LoggedAction],
    histories: Mapping[str, ClientHistory],
    as_of: date,
    rules: Rules,
) -> list[date]:
    """The plans of the log that count again once a post-dated invoice has undone a mark."""
    undone_on = min((day for day in invoices if day > marked_on), default=None)
    if undone_on is None or undone_on > LAST_DAY:
        return []
    mine = [
        entry
        for entry in entries
        if entry.client == key and entry.recorded_on is not None and entry.recorded_on.date() <= as_of
    ]
    return [plan.issue_date for plan in replay(mine, histories, undone_on, rules).plans]


def _next_credit(rows: Sequence[Booking], as_of: date) -> date | None:
    """The first later day on which a credit note takes an invoice back."""
    taken = taken_by(rows, as_of)
    for day in sorted({day for day, amount in rows if day > as_of and not is_invoice(amount)}):
        if day <= LAST_DAY and taken_by(rows, day) != taken:
            return day
    return None


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)
