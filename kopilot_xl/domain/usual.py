"""When in the year a client is usually invoiced, and about how much: what a call about its next order begins with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from statistics import median

from kopilot_xl.domain import formatting
from kopilot_xl.domain.credits import is_invoice, without_credited
from kopilot_xl.domain.rules import add_months
from kopilot_xl.domain.transactions import Booking
from kopilot_xl.texts import t

WINDOW = 36
"""The months up to a client's last invoice that count."""
MONTHLY = 10
"""In how many of its last 12 months a client is invoiced that is invoiced monthly."""


@dataclass(frozen=True)
class Usual:
    """The usual months and amount of a client. Source: docs/rules.md, "Do next".

    Attributes:
        months: the one or two months of the year, 1 to 12, or those of its quarters; none where none stands out.
        monthly: whether it is invoiced in nearly every month.
        amount: the median of its invoices; None where their amounts are not known.
        invoices: how many invoices there were in its last 12 months.
    """

    months: tuple[int, ...]
    monthly: bool
    amount: float | None
    invoices: int

    @property
    def text(self) -> str:
        """The months in a word or two."""
        if self.monthly:
            return t("monthly")
        if len(self.months) > 2:
            return t("quarterly")
        return ", ".join(formatting.short_month(month) for month in self.months) or t("varies")


def usual(rows: Sequence[Booking], as_of: date) -> Usual | None:
    """Return when a client is usually invoiced, and about how much.

    Args:
        rows: its rows that are neither planned, draft nor canceled.
        as_of: the day; nothing dated after it has happened.

    Returns:
        None for a client that was never invoiced.
    """
    known = without_credited([row for row in rows if row[0] <= as_of], as_of)
    invoices = [row for row in known if is_invoice(row[1])]
    if not invoices:
        return None
    last = max(day for day, _ in invoices)
    since, year_before = add_months(last, -WINDOW), add_months(last, -12)
    invoices = [row for row in invoices if row[0] > since]
    of_year = [day for day, _ in invoices if day > year_before]
    amounts = [amount for _, amount in invoices if amount is not None]
    monthly = len({(day.year, day.month) for day in of_year}) >= MONTHLY
    return Usual(
        months=() if monthly else _months([day for day, _ in invoices]),
        monthly=monthly,
        amount=median(amounts) if amounts else None,
        invoices=len(of_year),
    )


def _months(days: Sequence[date]) -> tuple[int, ...]:
    """The months of the year that saw an invoice in the most years, or nearly; none where too many did.

    Nearly is two years of three: a quarter may be missing at either end of the rows.
    """
    years: defaultdict[int, set[int]] = defaultdict(set)
    for day in days:
        years[day.month].add(day.year)
    most = max(map(len, years.values()))
    for enough in dict.fromkeys((-(-2 * most // 3), most)):
        months = sorted(month for month, seen in years.items() if len(seen) >= enough)
        if len(months) <= 2 or _are_quarters(months):
            return tuple(months)
    return ()


def _are_quarters(months: Sequence[int]) -> bool:
    return len(months) == 4 and all(later - month == 3 for month, later in pairwise(months))
