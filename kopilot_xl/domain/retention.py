"""What the clients of the year before brought again, and how much hangs on a few of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import fsum

from kopilot_xl.domain.credits import cents, without_credited
from kopilot_xl.domain.rules import add_months
from kopilot_xl.domain.transactions import Booking

YEAR = 12
"""The months of a year."""
MOST = 80
"""The percentage of revenue that "most of it" means."""


@dataclass(frozen=True)
class Group:
    """Some clients: how many, and what they brought in the year that counts for them."""

    clients: int
    amount: float

    @classmethod
    def of(cls, amounts: Sequence[float]) -> Group:
        """Return the group of clients that brought these amounts."""
        return cls(len(amounts), fsum(amounts))


@dataclass(frozen=True)
class Retention:
    """The revenue of a year from the clients of the year before it.

    Source: docs/rules.md, "Retention and concentration". Shares are fractions of 1.

    Attributes:
        net: what these clients brought, as a share of what they brought the year before.
        gross: the same, each client counted with at most what it brought the year before.
        clients_kept: the share of them that brought anything.
        gone: those that brought nothing, and what they brought the year before.
        new: clients first invoiced in the year, and what they brought.
        recovered: clients invoiced before, but not in the year before, and what they brought.
    """

    net: float
    gross: float
    clients_kept: float
    gone: Group
    new: Group
    recovered: Group


@dataclass(frozen=True)
class Concentration:
    """How much of the last year's revenue hangs on a few clients.

    Attributes:
        largest: the share of the client that brought most, as a fraction of 1.
        largest_five: the share of the five that brought most.
        clients_for_80_percent: the smallest number of clients that together brought at least `MOST` per cent of it.
        without_largest: the revenue without the client that brought most.
    """

    largest: float
    largest_five: float
    clients_for_80_percent: int
    without_largest: float


def retention(issued: Sequence[Sequence[Booking]], as_of: date) -> Retention | None:
    """Return the retention of the year up to a day.

    Args:
        issued: of each client, its rows that are neither planned, draft nor canceled.
        as_of: the day; nothing dated after it has happened.

    Returns:
        None where the first invoice of all is less than two years older than the day, or where the year before
        brought nothing.
    """
    middle, start = add_months(as_of, -YEAR), add_months(as_of, -2 * YEAR)
    first, before, now = _years(issued, start, middle, as_of)
    known = [day for day in first if day is not None]
    if not known or min(known) > start:
        return None
    kept = [(had, has) for had, has in zip(before, now, strict=True) if had > 0]
    base = fsum(had for had, _ in kept)
    if base <= 0:
        return None
    came = [(has, day) for had, has, day in zip(before, now, first, strict=True) if has > 0 and had <= 0]
    return Retention(
        net=fsum(has for _, has in kept) / base,
        gross=fsum(min(had, max(has, 0.0)) for had, has in kept) / base,
        clients_kept=sum(has > 0 for _, has in kept) / len(kept),
        gone=Group.of([had for had, has in kept if has <= 0]),
        new=Group.of([has for has, day in came if day is not None and day > middle]),
        recovered=Group.of([has for has, day in came if day is None or day <= middle]),
    )


def concentration(issued: Sequence[Sequence[Booking]], as_of: date) -> Concentration | None:
    """Return the concentration of the year up to a day; None where it brought nothing. Arguments as of `retention`."""
    since = add_months(as_of, -YEAR)
    brought = [fsum([amount for day, amount in rows if amount and since < day <= as_of]) for rows in issued]
    sums = sorted((amount for amount in brought if amount > 0), reverse=True)
    total = fsum(sums)
    if total <= 0:
        return None
    enough = next(number for number, part in enumerate(accumulate(sums), 1) if 100 * cents(part) >= MOST * cents(total))
    return Concentration(sums[0] / total, fsum(sums[:5]) / total, enough, fsum(sums[1:]))


def _years(
    issued: Sequence[Sequence[Booking]], start: date, middle: date, as_of: date
) -> tuple[list[date | None], list[float], list[float]]:
    """The first invoice of each client, and what it brought after `start` up to `middle` and from then to the day.

    A blank amount counts 0. Written out in lists, for there may be a million rows.
    """
    first, before, now = list[date | None](), list[float](), list[float]()
    for rows in issued:
        has_notes = [amount for _, amount in rows if amount and amount < 0]
        kept = without_credited(rows, as_of) if has_notes else rows
        invoices = [day for day, amount in kept if day <= as_of and (amount is None or amount > 0)]
        first.append(min(invoices, default=None))
        before.append(fsum([amount for day, amount in rows if amount and start < day <= middle]))
        now.append(fsum([amount for day, amount in rows if amount and middle < day <= as_of]))
    return first, before, now
