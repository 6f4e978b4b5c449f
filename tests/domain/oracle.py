"""The rules once more, written client by client in plain Python from docs/rules.md alone.

Slow and obvious on purpose: no frame, no boundary date computed ahead, no state carried from row to row. What the
product computes is compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from kopilot_xl.domain.actions import ClientHistory, LoggedAction, Transaction
from kopilot_xl.domain.rules import Rules


@dataclass(frozen=True)
class Person:
    client: str
    created_on: date | None
    mark: str | None = None


@dataclass(frozen=True)
class Row:
    client: str
    issue_date: date
    amount: float | None
    status: str

    @property
    def activity(self) -> bool:
        """A blank amount may be anything; a credit note or a zero is no activity."""
        return self.amount is None or self.amount > 0


class Standing(NamedTuple):
    segment: str | None
    last_invoice: date | None
    next_planned: date | None
    next_amount: float | None
    overdue: date | None
    far_off: date | None
    value: float | None
    leaves_on: date | None


def months_from(day: date, months: int) -> date:
    """The same day of another month, or that month's last day where there is no such day."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month == 13:
            year, month = year + 1, 1
        if month == 0:
            year, month = year - 1, 12
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def place(
    as_of: date, rules: Rules, created_on: date | None, last_invoice: date | None, coming: bool, mark: str | None
) -> str | None:
    """The segment, one line of the table after the other."""
    if last_invoice is None and created_on is not None and created_on > as_of and mark is None:
        return None
    days = None if last_invoice is None else (as_of - last_invoice).days
    if mark == "Canceled":
        return "Canceled"
    if mark == "Lost":
        return "Lost"
    if last_invoice is not None and days is not None:
        if last_invoice >= months_from(as_of, -rules.active_months):
            return "Active"
        if last_invoice >= months_from(as_of, -rules.sleeping_months):
            return "Sleeping Away"
        if rules.lifespan_days - rules.leaving_days < days <= rules.lifespan_days and not coming:
            return "Leaving"
        if days <= rules.lifespan_days:
            return "Hibernating"
    if coming:
        return "New"
    if days is not None:
        return "Lost"
    if created_on is None or (as_of - created_on).days < rules.lifespan_days:
        return "No Activity"
    return "Lost"


def standing(person: Person, rows: Sequence[Row], as_of: date, rules: Rules) -> Standing:
    """Where a client stands, from all rows of the table."""
    last_invoice: date | None = None
    coming: list[Row] = []
    overdue: list[date] = []
    far_off: list[date] = []
    horizon = months_from(as_of, rules.horizon_months)
    for row in rows:
        if row.client != person.client or row.status in ("Draft", "Canceled") or not row.activity:
            continue
        if as_of < row.issue_date <= horizon:
            coming.append(row)
        elif row.status == "Planned":
            (overdue if row.issue_date <= as_of else far_off).append(row.issue_date)
        elif row.issue_date <= as_of and (last_invoice is None or row.issue_date > last_invoice):
            last_invoice = row.issue_date
    if person.mark:
        coming, overdue, far_off = [], [], []
    segment = place(as_of, rules, person.created_on, last_invoice, bool(coming), person.mark)

    value: float | None = 0.0
    if segment is None:
        value = None
    elif segment == "New":
        value = sum(row.amount or 0 for row in coming)
    elif last_invoice is not None:
        value = sum(
            row.amount or 0
            for row in rows
            if row.client == person.client
            and row.status == "Issued"
            and months_from(last_invoice, -12) < row.issue_date <= last_invoice
        )

    leaves_on: date | None = None
    if not coming:
        if segment in ("Active", "Sleeping Away", "Hibernating", "Leaving") and last_invoice:
            leaves_on = last_invoice + timedelta(days=rules.lifespan_days + 1)
        elif segment == "No Activity" and person.created_on:
            leaves_on = person.created_on + timedelta(days=rules.lifespan_days)

    next_planned = min((row.issue_date for row in coming), default=None)
    return Standing(
        segment=segment,
        last_invoice=last_invoice,
        next_planned=next_planned,
        next_amount=sum(row.amount or 0 for row in coming if row.issue_date == next_planned) if coming else None,
        overdue=min(overdue, default=None),
        far_off=min(far_off, default=None),
        value=value,
        leaves_on=leaves_on,
    )


def shape(counts: Mapping[str, int], inaccurate_percent: int = 25) -> str:
    """The portfolio's shape, one line of its table after the other, in whole numbers."""
    no_activity, new, active, leaving = (counts[name] for name in ("No Activity", "New", "Active", "Leaving"))
    inactive = counts["Sleeping Away"] + counts["Hibernating"] + leaving
    engaged = active + new
    some = engaged + inactive
    if no_activity + some == 0:
        return "Empty"
    if 100 * no_activity >= inaccurate_percent * (no_activity + some):
        return "Inaccurate"
    if inactive >= engaged or (2 * active <= some and new < leaving):
        return "Declining"
    if new > inactive or 2 * active <= some:
        return "Growing"
    return "Mature"


class Judged(NamedTuple):
    outcome: str
    named: str | None = None
    """what the detail must name: the row or the day of the invoice that undid it"""


_MARKS = {"Mark lost": "Lost", "Mark canceled": "Canceled"}
_LIFTS = ("Plan revenue", "Reactivate")
_BILLED = ("Active", "Sleeping Away", "Hibernating", "Leaving")


class Log:
    """The action log, every question answered from scratch out of all its rows."""

    def __init__(self, entries: Sequence[LoggedAction], clients: Mapping[str, ClientHistory], rules: Rules) -> None:
        self.entries = entries
        self.clients = clients
        self.rules = rules
        self.rejected = cache(self._rejected)

    def judge(self, as_of: date) -> list[Judged]:
        """What refresh writes beside each row."""
        return [self._judge(index, as_of) for index in range(len(self.entries))]

    def marks(self, as_of: date) -> dict[str, str]:
        """The mark in force of each marked client."""
        found = {key: self._mark(key, self._folded(key, as_of), as_of) for key in self.clients}
        return {key: _MARKS[str(self.entries[mark].action)] for key, mark in found.items() if mark is not None}

    def plans(self, as_of: date) -> list[tuple[str, date, float]]:
        """The plans no invoice took, of clients without a mark."""
        found = []
        for key in self.clients.keys() - self.marks(as_of).keys():
            rows = self._folded(key, as_of)
            taken = self._taken(key, rows, as_of)
            found += [(key, *self._plan(index)) for index in rows if self._is_plan(index) and index not in taken]
        return found

    def _judge(self, index: int, as_of: date) -> Judged:
        entry = self.entries[index]
        if self.rejected(index):
            return Judged("Rejected")
        recorded = self._recorded(index).date()
        if recorded > as_of:
            return Judged("Pending")
        client = str(entry.client)
        rows = self._folded(client, as_of)
        if entry.action in _MARKS:
            # Whatever comes first undoes it; an invoice of a day is known when a row of that day is judged.
            undone = [
                (invoice.issue_date, -1, _day(invoice.issue_date))
                for invoice in self._invoices(client, as_of)
                if invoice.issue_date > recorded
            ]
            for position, later in enumerate(rows[rows.index(index) + 1 :]):
                if self.entries[later].action in _LIFTS:
                    undone.append((self._recorded(later).date(), position, f"row {self.entries[later].row}:"))
            return Judged("Superseded", min(undone)[2]) if undone else Judged("Applied")
        if entry.action == "Reactivate":
            return Judged("Applied")
        taken = self._taken(client, rows, as_of)
        if index in taken:
            return Judged("Fulfilled", _day(taken[index].issue_date))
        mark = self._mark(client, rows, as_of)
        if mark is not None:
            return Judged("Superseded", f"row {self.entries[mark].row}.")
        planned, _ = self._plan(index)
        return Judged("Overdue", _day(planned)) if planned <= as_of else Judged("Applied")

    def _rejected(self, index: int) -> bool:
        entry = self.entries[index]
        if entry.flaw or entry.recorded_on is None or entry.action is None or entry.client not in self.clients:
            return True
        assert entry.client is not None
        day = entry.recorded_on.date()
        if entry.action == "Plan revenue":
            return entry.issue_date is None or entry.issue_date <= day or not entry.amount or entry.amount < 0
        earlier = [
            each
            for each in self._order(entry.client)
            if (self._recorded(each), each) < (entry.recorded_on, index) and not self.rejected(each)
        ]
        now = self._segment(entry.client, earlier, day)
        if entry.action == "Mark lost":
            return now not in _BILLED
        if entry.action == "Mark canceled":
            never = not self._invoices(entry.client, day)
            return now not in ("No Activity", "New") and not (now == "Lost" and never)
        return now not in ("Lost", "Canceled")

    def _order(self, client: str) -> list[int]:
        """The readable rows of a client by date and time of recording, then by position."""
        mine = [index for index, entry in enumerate(self.entries) if entry.client == client and entry.recorded_on]
        return sorted(mine, key=lambda index: (self._recorded(index), index))

    def _folded(self, client: str, as_of: date) -> list[int]:
        """The rows of a client that count as of a day."""
        return [
            each for each in self._order(client) if self._recorded(each).date() <= as_of and not self.rejected(each)
        ]

    def _recorded(self, index: int) -> datetime:
        moment = self.entries[index].recorded_on
        assert moment is not None
        return moment

    def _is_plan(self, index: int) -> bool:
        return self.entries[index].action == "Plan revenue"

    def _plan(self, index: int) -> tuple[date, float]:
        entry = self.entries[index]
        assert entry.issue_date is not None
        assert entry.amount is not None
        return entry.issue_date, entry.amount

    def _invoices(self, client: str, day: date) -> list[Transaction]:
        return [
            each
            for each in self.clients[client].transactions
            if each.status == "Issued" and (each.amount is None or each.amount > 0) and each.issue_date <= day
        ]

    def _mark(self, client: str, rows: Sequence[int], day: date) -> int | None:
        """The mark in force: the last one, unless a later row lifts it or a later invoice undoes it."""
        marked = [position for position, index in enumerate(rows) if self.entries[index].action in _MARKS]
        if not marked:
            return None
        last = marked[-1]
        lifted = any(self.entries[index].action in _LIFTS for index in rows[last + 1 :])
        since = self._recorded(rows[last]).date()
        undone = any(invoice.issue_date > since for invoice in self._invoices(client, day))
        return None if lifted or undone else rows[last]

    def _taken(self, client: str, rows: Sequence[int], day: date) -> dict[int, Transaction]:
        """The invoice of each plan that has one by a day."""
        invoices = self._invoices(client, day)
        used: set[int] = set()
        taken = {}
        for index in sorted((each for each in rows if self._is_plan(each)), key=lambda each: self._plan(each)[0]):
            planned, amount = self._plan(index)
            fitting = [
                (invoice.issue_date, place)
                for place, invoice in enumerate(invoices)
                if place not in used
                and invoice.issue_date >= self._recorded(index).date()
                and (planned - invoice.issue_date).days <= 30
                and (invoice.amount is None or 2 * invoice.amount >= amount)
            ]
            if fitting:
                _, place = min(fitting)
                used.add(place)
                taken[index] = invoices[place]
        return taken

    def _segment(self, client: str, rows: Sequence[int], day: date) -> str | None:
        """Where the client stood on a day: its invoices up to it, the Planned rows and these rows of the log."""
        mark = self._mark(client, rows, day)
        taken = self._taken(client, rows, day)
        planned = [
            each.issue_date
            for each in self.clients[client].transactions
            if each.status == "Planned" and (each.amount is None or each.amount > 0)
        ]
        planned += [self._plan(index)[0] for index in rows if self._is_plan(index) and index not in taken]
        coming = any(day < each <= months_from(day, self.rules.horizon_months) for each in planned)
        last_invoice = max((each.issue_date for each in self._invoices(client, day)), default=None)
        marked = _MARKS[str(self.entries[mark].action)] if mark is not None else None
        created_on = self.clients[client].created_on
        return place(day, self.rules, created_on, last_invoice, coming and mark is None, marked)


_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
