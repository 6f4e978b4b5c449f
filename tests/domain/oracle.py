"""The rules once more, written client by client in plain Python from docs/rules.md alone.

Slow and obvious on purpose: no frame, no boundary date computed ahead, no state carried from row to row. What the
product computes is compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from typing import NamedTuple

from kopilot_xl.domain.actions import ClientHistory, LoggedAction
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
    unpaid: bool = False

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


def to_the_cent(amount: float) -> int:
    return int((Decimal(amount) * 100 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


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


def credited(rows: Sequence[Row], day: date) -> set[int]:
    """The places of the invoices of one client that credit notes take by a day, and of these credit notes."""
    notes = sorted(
        (row.issue_date, at)
        for at, row in enumerate(rows)
        if row.status == "Issued" and row.amount is not None and row.amount < 0 and row.issue_date <= day
    )
    out: set[int] = set()
    for issued_on, note in notes:
        wanted = to_the_cent(-(rows[note].amount or 0))
        found = [
            (row.issue_date, at)
            for at, row in enumerate(rows)
            if at not in out
            and row.status == "Issued"
            and row.amount is not None
            and row.amount > 0
            and to_the_cent(row.amount) == wanted
            and row.issue_date <= issued_on
        ]
        if found:
            out |= {max(found)[1], note}
    return out


def own_rows(person: Person, rows: Sequence[Row], as_of: date, looking_back: bool = False) -> list[Row]:
    """The rows of a client that count as of a day: without what was credited, and, looking back, what came later."""
    mine = [row for row in rows if row.client == person.client]
    out = credited(mine, as_of)
    return [
        row
        for at, row in enumerate(mine)
        if at not in out and not (looking_back and row.status == "Issued" and row.issue_date > as_of)
    ]


def coming_rows(person: Person, rows: Sequence[Row], as_of: date, rules: Rules) -> list[Row]:
    """What is coming from a client; nothing is while a mark is in force."""
    if person.mark:
        return []
    return [
        row
        for row in rows
        if row.client == person.client
        and row.status not in ("Draft", "Canceled")
        and row.activity
        and as_of < row.issue_date <= months_from(as_of, rules.horizon_months)
    ]


def standing(
    person: Person, all_rows: Sequence[Row], as_of: date, rules: Rules, looking_back: bool = False
) -> Standing:
    """Where a client stands, from all rows of the table."""
    rows = own_rows(person, all_rows, as_of, looking_back)
    last_invoice: date | None = None
    overdue: list[date] = []
    far_off: list[date] = []
    horizon = months_from(as_of, rules.horizon_months)
    for row in rows:
        if row.status in ("Draft", "Canceled") or not row.activity or as_of < row.issue_date <= horizon:
            continue
        if row.status == "Planned":
            (overdue if row.issue_date <= as_of else far_off).append(row.issue_date)
        elif row.issue_date <= as_of and (last_invoice is None or row.issue_date > last_invoice):
            last_invoice = row.issue_date
    coming = coming_rows(person, rows, as_of, rules)
    if person.mark:
        overdue, far_off = [], []
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
            if row.status == "Issued" and months_from(last_invoice, -12) < row.issue_date <= as_of
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


def unpaid(person: Person, rows: Sequence[Row], as_of: date) -> tuple[date, float] | None:
    """The date of the oldest unpaid invoice and the sum of all of them; None where nothing is unpaid."""
    found = [
        row
        for row in own_rows(person, rows, as_of)
        if row.status == "Issued" and row.unpaid and row.activity and row.issue_date <= as_of
    ]
    return (min(row.issue_date for row in found), sum(row.amount or 0 for row in found)) if found else None


def to_do(person: Person, rows: Sequence[Row], as_of: date, rules: Rules) -> bool:
    """Whether a client is in Do next, as far as something coming does not keep it off."""
    here = standing(person, rows, as_of, rules)
    if here.segment is None:
        return False
    if unpaid(person, rows, as_of):
        return True
    if here.segment == "Canceled":
        return False
    coming = coming_rows(person, own_rows(person, rows, as_of), as_of, rules)
    if not coming or here.overdue:
        return True
    if here.segment == "New" or any(row.amount is None for row in coming):
        return False
    return 10 * to_the_cent(sum(row.amount or 0 for row in coming)) < to_the_cent(here.value or 0)


_PARTS = {
    "Keep": ["Leaving", "Hibernating", "Sleeping Away", "Active"],
    "Win back": ["New", "Lost", "Canceled"],
    "Decide": ["No Activity"],
}


def do_next(people: Sequence[Person], rows: Sequence[Row], as_of: date, rules: Rules) -> dict[str, list[str]]:
    """Whom to turn to under each heading; the names of the clients are their keys."""
    found: dict[str, list[str]] = {}
    for heading, segments in _PARTS.items():
        found[heading] = []
        for segment in segments:
            here = []
            for person in people:
                now = standing(person, rows, as_of, rules)
                if now.segment == segment and to_do(person, rows, as_of, rules):
                    left = (now.leaves_on - as_of).days if segment == "Leaving" and now.leaves_on else 0
                    here.append((left, -(now.value or 0), person.client))
            found[heading] += [key for *_, key in sorted(here)]
    return found


def won(people: Sequence[Person], rows: Sequence[Row], as_of: date, rules: Rules) -> int | None:
    """How many clients were invoiced for the first time within the Active months; None where nobody can tell."""
    keys = {person.client for person in people}
    days = [row.issue_date for row in rows if row.client in keys and row.status == "Issued" and row.issue_date <= as_of]
    days += [person.created_on for person in people if person.created_on]
    if not days or (as_of - min(days)).days < rules.lifespan_days:
        return None
    first = [_first_invoice(person, rows, as_of) for person in people]
    return sum(1 for day in first if day is not None and day >= months_from(as_of, -rules.active_months))


def _first_invoice(person: Person, rows: Sequence[Row], as_of: date) -> date | None:
    return min(
        (
            row.issue_date
            for row in own_rows(person, rows, as_of)
            if row.status == "Issued" and row.activity and row.issue_date <= as_of
        ),
        default=None,
    )


class Kept(NamedTuple):
    """Retention; money as sums, shares as fractions."""

    net: float
    gross: float
    clients_kept: float
    gone: tuple[int, float]
    new: tuple[int, float]
    recovered: tuple[int, float]


def _billed(person: Person, rows: Sequence[Row], after: date, until: date) -> float:
    return sum(
        row.amount or 0
        for row in rows
        if row.client == person.client and row.status == "Issued" and after < row.issue_date <= until
    )


def retention(people: Sequence[Person], rows: Sequence[Row], as_of: date) -> Kept | None:
    """What the clients of the year before brought in the last year."""
    end, middle, start = as_of, months_from(as_of, -12), months_from(as_of, -24)
    first = [_first_invoice(person, rows, as_of) for person in people]
    known = [day for day in first if day is not None]
    if not known or min(known) > start:
        return None
    a = [_billed(person, rows, start, middle) for person in people]
    b = [_billed(person, rows, middle, end) for person in people]
    kept = [(had, has) for had, has in zip(a, b, strict=True) if had > 0]
    base = sum(had for had, _ in kept)
    if base <= 0:
        return None
    gone = [had for had, has in kept if has <= 0]
    came = [(has, day) for had, has, day in zip(a, b, first, strict=True) if has > 0 and had <= 0]
    new = [has for has, day in came if day is not None and day > middle]
    recovered = [has for has, day in came if day is None or day <= middle]
    return Kept(
        net=sum(has for _, has in kept) / base,
        gross=sum(min(had, max(has, 0)) for had, has in kept) / base,
        clients_kept=sum(1 for _, has in kept if has > 0) / len(kept),
        gone=(len(gone), sum(gone)),
        new=(len(new), sum(new)),
        recovered=(len(recovered), sum(recovered)),
    )


class Concentrated(NamedTuple):
    largest: float
    largest_five: float
    clients_for_80_percent: int
    without_largest: float


def concentration(people: Sequence[Person], rows: Sequence[Row], as_of: date) -> Concentrated | None:
    """How much of the last year's revenue hangs on a few clients."""
    b = sorted((_billed(person, rows, months_from(as_of, -12), as_of) for person in people), reverse=True)
    b = [each for each in b if each > 0]
    total = sum(b)
    if total <= 0:
        return None
    for number in range(1, len(b) + 1):
        if 10 * to_the_cent(sum(b[:number])) >= 8 * to_the_cent(total):
            return Concentrated(b[0] / total, sum(b[:5]) / total, number, total - b[0])
    raise AssertionError


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


class Billed(NamedTuple):
    issue_date: date
    amount: float | None
    place: int


_MARKS = {"Mark lost": "Lost", "Mark canceled": "Canceled"}
_LIFTS = ("Plan revenue", "Reactivate")
_BILLED = ("Active", "Sleeping Away", "Hibernating", "Leaving")


class Log:
    """The action log, every question answered from scratch out of all its rows."""

    def __init__(
        self,
        entries: Sequence[LoggedAction],
        clients: Mapping[str, ClientHistory],
        rules: Rules,
        looking_back: bool = False,
    ) -> None:
        self.entries = entries
        self.clients = clients
        self.rules = rules
        self.looking_back = looking_back
        self.rejected = cache(self._rejected)

    def judge(self, as_of: date) -> list[Judged]:
        """What refresh writes beside each row."""
        return [self._judge(index, as_of) for index in range(len(self.entries))]

    def marks(self, as_of: date) -> dict[str, str]:
        """The mark in force of each marked client."""
        found = {key: self._mark(key, self._folded(key, as_of), as_of) for key in self.clients}
        return {key: _MARKS[str(self.entries[mark].action)] for key, mark in found.items() if mark is not None}

    def plans(self, as_of: date) -> list[tuple[str, date, float]]:
        """The plans not fulfilled, of clients without a mark, with what is not invoiced of them yet."""
        found = []
        for key in self.clients.keys() - self.marks(as_of).keys():
            rows = self._folded(key, as_of)
            took = self._took(key, rows, as_of, self._visible(key, as_of))
            for index in rows:
                if self._is_plan(index) and not self._is_fulfilled(index, took[index]):
                    day, amount = self._plan(index)
                    cents = to_the_cent(amount) - sum(to_the_cent(each.amount or 0) for each in took[index])
                    found.append((key, day, cents / 100))
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
                for invoice in self._invoices(client, as_of, as_of)
                if invoice.issue_date > recorded
            ]
            for position, later in enumerate(rows[rows.index(index) + 1 :]):
                undone.append((self._recorded(later).date(), position, f"row {self.entries[later].row}:"))
            return Judged("Superseded", min(undone)[2]) if undone else Judged("Applied")
        if entry.action == "Reactivate":
            return Judged("Applied")
        mark = self._mark(client, rows, as_of)
        if mark is not None:
            return Judged("Superseded", f"row {self.entries[mark].row}.")
        took = self._took(client, rows, as_of, self._visible(client, as_of))[index]
        if self._is_fulfilled(index, took):
            return Judged("Fulfilled", _day(took[-1].issue_date))
        planned, _ = self._plan(index)
        if planned <= as_of:
            return Judged("Overdue", "invoiced: invoice the rest" if took else f"{_day(planned)}, not invoiced")
        return Judged("Applied", "invoiced." if took else None)

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
            never = not self._invoices(entry.client, day, day)
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

    def _invoices(self, client: str, until: date, looked_at: date) -> list[Billed]:
        """The invoices dated up to a day, without those credited by the day looked at."""
        rows = [Row(client, each.issue_date, each.amount, each.status) for each in self.clients[client].transactions]
        out = credited(rows, looked_at)
        return [
            Billed(row.issue_date, row.amount, at)
            for at, row in enumerate(rows)
            if at not in out and row.status == "Issued" and row.activity and row.issue_date <= until
        ]

    def _visible(self, client: str, as_of: date) -> list[Billed]:
        """The invoices that may fulfil a plan as of a day: of any date, unless the day is reconstructed."""
        return self._invoices(client, as_of if self.looking_back else date.max, as_of)

    def _mark(self, client: str, rows: Sequence[int], day: date) -> int | None:
        """The mark in force: the last one, unless a later row lifts it or a later invoice undoes it."""
        marked = [position for position, index in enumerate(rows) if self.entries[index].action in _MARKS]
        if not marked:
            return None
        last = marked[-1]
        lifted = any(self.entries[index].action in _LIFTS for index in rows[last + 1 :])
        since = self._recorded(rows[last]).date()
        undone = any(invoice.issue_date > since for invoice in self._invoices(client, day, day))
        return None if lifted or undone else rows[last]

    def _took(self, client: str, rows: Sequence[int], day: date, invoices: Sequence[Billed]) -> dict[int, list[Billed]]:
        """The invoices that each plan takes."""
        used: set[int] = set()
        took: dict[int, list[Billed]] = {}
        plans = [index for index in rows if self._is_plan(index)]
        for index in sorted(plans, key=lambda each: (self._plan(each)[0], self._recorded(each), each)):
            planned, amount = self._plan(index)
            took[index] = []
            settled, billed = False, 0
            for invoice in sorted(invoices, key=lambda each: (each.issue_date, each.place)):
                if settled or billed >= to_the_cent(amount):
                    break
                if (
                    invoice.place not in used
                    and invoice.issue_date >= self._recorded(index).date()
                    and (planned - invoice.issue_date).days <= 30
                ):
                    used.add(invoice.place)
                    took[index].append(invoice)
                    settled = invoice.amount is None
                    billed += to_the_cent(invoice.amount or 0)
        return took

    def _is_fulfilled(self, index: int, took: Sequence[Billed]) -> bool:
        if any(each.amount is None for each in took):
            return True
        billed = sum(to_the_cent(each.amount or 0) for each in took)
        return bool(took) and 2 * billed >= to_the_cent(self._plan(index)[1])

    def _segment(self, client: str, rows: Sequence[int], day: date) -> str | None:
        """Where the client stood on a day: its invoices up to it, the Planned rows and these rows of the log."""
        mark = self._mark(client, rows, day)
        invoices = self._invoices(client, day, day)
        took = self._took(client, rows, day, invoices)
        planned = [
            each.issue_date
            for each in self.clients[client].transactions
            if each.status == "Planned" and (each.amount is None or each.amount > 0)
        ]
        planned += [self._plan(index)[0] for index, taken in took.items() if not self._is_fulfilled(index, taken)]
        coming = any(day < each <= months_from(day, self.rules.horizon_months) for each in planned)
        last_invoice = max((each.issue_date for each in invoices), default=None)
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
