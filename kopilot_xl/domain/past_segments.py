"""Which segment each client was in at the ends of earlier months, looked back at from the rows of today."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache, partial

from kopilot_xl.domain.actions import ReplayedLog
from kopilot_xl.domain.clients import Identity
from kopilot_xl.domain.credits import KnownInvoices
from kopilot_xl.domain.rules import DEFAULT, Band, CutOffs, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.domain.transactions import Booking, Ledger

LETTERS: Mapping[Segment | None, str] = {
    Segment.ACTIVE: "A",
    Segment.SLEEPING_AWAY: "S",
    Segment.HIBERNATING: "H",
    Segment.LEAVING: "L",
    Segment.LOST: "X",
    Segment.NEW: "N",
    Segment.NO_ACTIVITY: "·",
    Segment.CANCELED: "C",
    None: " ",
}
"""The sign of each segment; a blank where there was no client yet."""


def past_segments(
    identities: Iterable[Identity],
    ledger: Ledger,
    days: Sequence[date],
    logs: Mapping[date, ReplayedLog],
    rules: Rules = DEFAULT,
) -> dict[str, str]:
    """Return the segments of clients on earlier days, a sign of `LETTERS` for each day, by key.

    It gives what `clients.activities` gives with `looking_back`, day by day, and goes through a client's rows once.

    Args:
        identities: the clients.
        ledger: their transactions, without the plans of the log.
        days: the days, the earliest first.
        logs: the log replayed up to each of the days, looking back; none where there is no log.
        rules: the thresholds.
    """
    cuts = [CutOffs.at(day, rules) for day in days]
    plans = [_plans_of(logs.get(day)) for day in days]
    marks = [log.marks if (log := logs.get(day)) else {} for day in days]
    logged = {key for some in (*plans, *marks) for key in some}

    invoiced = _columns([cut.bands for cut in cuts])
    never = _columns([cut.never_invoiced for cut in cuts])

    def unborn(created_on: date | None) -> str:
        if created_on is None:
            return _signs(days[-1], never) if days else ""
        not_yet = bisect_left(days, created_on)
        return LETTERS[None] * not_yet + _signs(created_on, never)[not_yet:]

    # A portfolio has far more clients than dates: what follows from a date alone is worked out once.
    after_invoice = cache(partial(_signs, bands=invoiced))
    never_invoiced = cache(unborn)
    index_of = cache(partial(bisect_left, days))
    issued_rows, planned_rows = ledger.issued.get, ledger.planned.get
    found: dict[str, str] = {}
    for key, _, _, created_on in identities:
        issued = issued_rows(key, ())
        if key in logged or key in ledger.credited or key in ledger.planned:
            known = [(mark.get(key), plan.get(key, ())) for mark, plan in zip(marks, plans, strict=True)]
            planned = sorted([day for day, amount in planned_rows(key, ()) if amount is None or amount > 0])
            found[key] = _day_by_day(created_on, issued, planned, known, cuts)
            continue
        pieces, done, so_far = [], 0, never_invoiced(created_on)
        for day in sorted({day for day, amount in issued if amount is None or amount > 0}):
            at = index_of(day)
            if at > done:
                pieces.append(so_far[done:at])
                done = at
            so_far = after_invoice(day)
        found[key] = "".join([*pieces, so_far[done:]])
    return found


def _columns(cuts: Sequence[Sequence[Band]]) -> list[tuple[list[date], str]]:
    """The bands of several days side by side: where each begins, day by day, and the sign of its idle clients."""
    return [([band.since for band in bands], LETTERS[bands[0].idle]) for bands in zip(*cuts, strict=True)]


def _signs(day: date, bands: Sequence[tuple[Sequence[date], str]]) -> str:
    """The signs of a client whose last invoice, or creation, is of a day: it goes down from band to band."""
    pieces, done = [], 0
    for sinces, sign in bands:
        at = bisect_right(sinces, day)
        if at > done:
            pieces.append(sign * (at - done))
            done = at
    return "".join(pieces)


def _day_by_day(
    created_on: date | None,
    issued: Sequence[Booking],
    planned: Sequence[date],
    logged: Sequence[tuple[Segment | None, Sequence[date]]],
    cuts: Sequence[CutOffs],
) -> str:
    """The signs of a client with credit notes, plans or rows of the log: the mark and the plans it had on each day."""
    known, signs = KnownInvoices(issued), []
    for cut, (mark, plans) in zip(cuts, logged, strict=True):
        known.advance(cut.as_of)
        last = known.last
        coming = any(map(cut.is_coming, (*planned, *plans)))
        signs.append(LETTERS[mark or cut.segment_of(created_on if last is None else None, last, coming)])
    return "".join(signs)


def _plans_of(log: ReplayedLog | None) -> Mapping[str, Sequence[date]]:
    plans: defaultdict[str, list[date]] = defaultdict(list)
    for plan in log.plans if log else ():
        plans[plan.client].append(plan.issue_date)
    return plans
