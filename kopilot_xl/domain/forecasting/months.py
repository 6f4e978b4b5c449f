"""What was invoiced in each month: in total, and by client. Every month is split at the as-of date's day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

YEAR = 12
"""The months of a year, and how many of them are forecast."""


def month_of(day: date) -> int:
    """Return the number of a day's month: months are counted on from the year 0, so that they can be added to."""
    return day.year * YEAR + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month, by its number."""
    return date(month // YEAR, month % YEAR + 1, 1)


def ends_month(day: date) -> bool:
    """Return whether a day is the last of its month."""
    return (day + timedelta(days=1)).day == 1


class Row(NamedTuple):
    """An invoice, a credit note or a plan: whose, of what day, and its amount in currency (None if blank)."""

    client: str
    day: date
    amount: float | None


Invoiced = tuple[int, float, float]
"""What one client was invoiced in one month, credit notes included: the client's index in `Past.clients`; the sum up to
the as-of date's day of the month; the sum of the whole month."""


@dataclass(frozen=True)
class Past:
    """What was invoiced up to the as-of date, month by month.

    Source: docs/forecast.md. The split at the day of the month is what makes a past date comparable with the as-of
    date: on the same day of an earlier month, what came after it was not known.

    Attributes:
        as_of: the as-of date.
        first: the number of the first month with an amount; that of the running month if there is none.
        before: the sums of the months from `first` to the running one, up to the as-of date's day of the month. A
            month without invoices is 0. Where the as-of date ends its month, whole months.
        after: the sums after that day; 0 for the running month.
        clients: the keys of the clients invoiced, in the order of their first row.
        by_client: for each of these months, what each client invoiced in it was invoiced.
    """

    as_of: date
    first: int
    before: Sequence[float]
    after: Sequence[float]
    clients: Sequence[str]
    by_client: Sequence[Sequence[Invoiced]]

    @classmethod
    def of(cls, rows: Iterable[Row | tuple[str, date, float | None]], as_of: date) -> Past:
        """Return the past, given invoices and credit notes in any order; rows after the as-of date are left out."""
        split = 31 if ends_month(as_of) else as_of.day
        running = month_of(as_of)
        halves: dict[date, int] = {}  # twice the month, one more after the split; a day comes again and again
        clients: dict[str, dict[int, float]] = {}
        for client, day, amount in rows:
            if not amount or day > as_of:
                continue
            if day not in halves:
                halves[day] = 2 * (day.year * YEAR + day.month - 1) + (day.day > split)
            if client not in clients:
                clients[client] = {}
            sums, half = clients[client], halves[day]
            if half in sums:
                sums[half] += amount
            else:
                sums[half] = amount
        first = min((min(sums) // 2 for sums in clients.values()), default=running)
        by_client: list[list[Invoiced]] = [[] for _ in range(first, running + 1)]
        before, after = [0.0] * len(by_client), [0.0] * len(by_client)
        for index, sums in enumerate(clients.values()):
            for half, amount in sums.items():
                at = half // 2 - first
                if half % 2:
                    after[at] += amount
                    if half - 1 not in sums:
                        by_client[at].append((index, 0.0, amount))
                else:
                    before[at] += amount
                    whole = amount + sums[half + 1] if half + 1 in sums else amount
                    by_client[at].append((index, amount, whole))
        return cls(as_of, first, before, after, list(clients), by_client)

    @cached_property
    def totals(self) -> Sequence[float]:
        """The sums of the months from `first` to the running one, which is known in part unless it has ended."""
        return [sum(pair) for pair in zip(self.before, self.after, strict=True)]

    @cached_property
    def ended(self) -> bool:
        """Whether the as-of date ends its month, so that the running month is whole."""
        return ends_month(self.as_of)

    @property
    def whole(self) -> int:
        """How many whole months are known, from `first` on. 0 where nothing was ever invoiced."""
        return len(self.before) - (not self.ended) if self.clients else 0

    @property
    def so_far(self) -> float:
        """What was invoiced in the running month up to the as-of date."""
        return self.before[-1]

    @property
    def year_to_date(self) -> float:
        """What was invoiced from 1 January of the as-of date's year up to the as-of date."""
        return sum(self.totals[-self.as_of.month :])

    def share_after(self, whole: int) -> float:
        """Return the share of a month's amount that comes after the as-of date's day of the month, 0 to 1.

        Of the 24 months before; where nothing was invoiced in them, the days' share.

        Args:
            whole: how many months are looked at: those known on the date it is asked for.
        """
        if self.ended:
            return 0.0
        since = max(whole - 2 * YEAR, 0)
        after, amount = sum(self.after[since:whole]), sum(self.totals[since:whole])
        if amount <= 0:
            return max(30 - self.as_of.day, 0) / 30
        return min(max(after / amount, 0.0), 1.0)
