"""Where each client stands on a day, from its transactions: the rules as a workbook's rows go through them.

`activity.client_activity` says the same of frames of any size. Both read the segments off `CutOffs`, and a property
test compares them. Amounts are added up with `fsum`, so that a sum has the same last digit in whatever order the rows
come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from math import fsum
from operator import itemgetter
from typing import NamedTuple

from kopilot_xl.domain.credits import is_invoice, taken_by
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.rules import DEFAULT, VALUE_MONTHS, CutOffs, Rules, add_months
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Booking, Ledger

_NO_MARKS: Mapping[str, Segment] = {}
_NO_ROWS: Sequence[Booking] = ()
_date = itemgetter(0)


class Identity(NamedTuple):
    """Who a client is: the key it is compared by, its id and name as written, and its creation date."""

    key: str
    id: str
    name: str
    created_on: date | None


class Activity(NamedTuple):
    """Where a client stands on a day: the fields of `Client` that its transactions decide, in the same order."""

    segment: Segment | None
    last_invoice: date | None
    next_planned: date | None
    next_amount: float | None
    overdue: date | None
    far_off: date | None
    leaves_on: date | None
    value: float | None
    coming_amount: float | None
    unpaid: float | None
    unpaid_since: date | None
    first_invoice: date | None


def clients_as_of(
    identities: Sequence[Identity],
    ledger: Ledger,
    as_of: date,
    rules: Rules = DEFAULT,
    marks: Mapping[str, Segment] = _NO_MARKS,
    *,
    looking_back: bool = False,
) -> list[Client]:
    """Return where each client stands as of a day, in the order given. Arguments and errors are those of `activities`.

    Nothing is coming, overdue or far off for a client under a mark.
    """
    found = activities(identities, ledger, as_of, rules, marks, looking_back=looking_back)
    return [
        Client(
            key=identity.key,
            id=identity.id,
            name=identity.name,
            segment=here.segment,
            created_on=identity.created_on,
            last_invoice=here.last_invoice,
            next_planned=here.next_planned,
            next_amount=here.next_amount,
            overdue=here.overdue,
            far_off=here.far_off,
            leaves_on=here.leaves_on,
            value=here.value,
            coming_amount=here.coming_amount,
            unpaid=here.unpaid,
            unpaid_since=here.unpaid_since,
            first_invoice=here.first_invoice,
        )
        for identity, here in zip(identities, found, strict=True)
    ]


def activities(
    identities: Iterable[Identity],
    ledger: Ledger,
    as_of: date,
    rules: Rules = DEFAULT,
    marks: Mapping[str, Segment] = _NO_MARKS,
    *,
    looking_back: bool = False,
) -> Iterator[Activity]:
    """Yield where each client stands as of a day, in the order given.

    Args:
        identities: the clients, each key once.
        ledger: their transactions, and the open plans of the action log as such; those of other clients are ignored.
        as_of: the day; nothing dated after it has happened.
        rules: the thresholds.
        marks: the segment that a mark in force puts a client in, by key.
        looking_back: whether the day is reconstructed, so that invoices dated after it are unknown, not coming.

    Raises:
        ValueError: the as-of date is out of range.
    """
    cut = CutOffs.at(as_of, rules)
    today, horizon = cut.as_of, cut.horizon
    lifespan = timedelta(days=rules.lifespan_days)
    after_last = lifespan + timedelta(days=1)
    # A portfolio has far more clients than dates: what follows from dates alone is worked out once.
    segment_of = cache(cut.segment_of)
    year_before = cache(lambda day: add_months(day, -VALUE_MONTHS))
    issued_rows, planned_rows, owed_rows = ledger.issued.get, ledger.planned.get, ledger.unpaid.get
    new, lost, canceled, no_activity = Segment.NEW, Segment.LOST, Segment.CANCELED, Segment.NO_ACTIVITY
    for key, _, _, created_on in identities:
        issued, planned = issued_rows(key, _NO_ROWS), planned_rows(key, _NO_ROWS)
        unpaid = owed_rows(key, ())
        owed = [issued[index] for index in unpaid] if unpaid else _NO_ROWS
        if key in ledger.credited:
            taken = taken_by(issued, today)
            owed = [issued[index] for index in unpaid if index not in taken]
            issued = [row for index, row in enumerate(issued) if index not in taken]
        first: date | None = None
        last: date | None = None
        coming: list[Booking] = []
        for row in issued:
            day, amount = row
            if amount is not None and amount <= 0:
                continue
            if day <= today:
                if last is None or day > last:
                    last = day
                if first is None or day < first:
                    first = day
            elif day <= horizon and not looking_back:
                coming.append(row)
        overdue: date | None = None
        far_off: date | None = None
        if planned:
            counted = [row for row in planned if row[1] is None or row[1] > 0]
            coming += [row for row in counted if today < row[0] <= horizon]
            overdue = min([day for day, _ in counted if day <= today], default=None)
            far_off = min([day for day, _ in counted if day > horizon], default=None)
        mark = marks.get(key)
        if mark:
            coming, overdue, far_off = [], None, None
        segment = mark or segment_of(created_on if last is None else None, last, bool(coming))
        value: float | None = None
        if segment is new:
            value = _sum(coming)
        elif segment is not None:
            value = 0.0
            if last is not None:
                before = year_before(last)
                value = fsum([amount for day, amount in issued if before < day <= today and amount])
        next_planned: date | None = None
        next_amount: float | None = None
        coming_amount: float | None = None
        leaves_on: date | None = None
        if coming:
            next_planned = min(coming, key=_date)[0]
            next_amount = _sum([row for row in coming if row[0] == next_planned])
            coming_amount = None if None in [amount for _, amount in coming] else _sum(coming)
        elif segment is no_activity:
            leaves_on = created_on + lifespan if created_on else None
        elif last is not None and segment is not lost and segment is not canceled:
            leaves_on = last + after_last
        if owed:
            owed = [row for row in owed if row[0] <= today and is_invoice(row[1])]
        yield Activity(
            segment=segment,
            last_invoice=last,
            next_planned=next_planned,
            next_amount=next_amount,
            overdue=overdue,
            far_off=far_off,
            leaves_on=leaves_on,
            value=value,
            coming_amount=coming_amount,
            unpaid=_sum(owed) if owed else None,
            unpaid_since=min(owed, key=_date)[0] if owed else None,
            first_invoice=first,
        )


def _sum(rows: Iterable[Booking]) -> float:
    """The sum of the amounts of some rows; a blank one counts 0."""
    return fsum([amount for _, amount in rows if amount])
