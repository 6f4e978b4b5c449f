"""Whether the revenue lasts: the year up to a day beside the year before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import fsum

from kopilot_xl.domain.retention import YEAR, Concentration, Retention, concentration
from kopilot_xl.domain.rules import add_months
from kopilot_xl.domain.transactions import Booking


@dataclass(frozen=True)
class YearFigures:
    """What is known of a year: what was invoiced in it, which revenue and clients were kept, how much hangs on few."""

    invoiced: float
    retention: Retention | None
    concentration: Concentration | None


@dataclass(frozen=True)
class Lasting:
    """The year up to a day beside the year before. Source: docs/rules.md, "Retention and concentration".

    Attributes:
        now: the year up to the day.
        before: the year before it; None where the first invoice is less than two years older than the day.
        known_from: the day from which retention will be known; None where it is known, or nothing was invoiced.
    """

    now: YearFigures
    before: YearFigures | None
    known_from: date | None


def lasting(
    issued: Sequence[Sequence[Booking]],
    first_invoice: date | None,
    as_of: date,
    now: tuple[Retention | None, Concentration | None],
    before: Retention | None,
) -> Lasting:
    """Return the figures of the two years up to a day.

    Args:
        issued: of each client, its rows that are neither planned, draft nor canceled.
        first_invoice: the first invoice of all; None without any.
        as_of: the day.
        now: retention and concentration of the year up to the day.
        before: retention of the year before it.
    """
    middle, start = add_months(as_of, -YEAR), add_months(as_of, -2 * YEAR)
    amounts, earlier = list[float](), list[float]()
    for rows in issued:
        amounts += [amount for day, amount in rows if amount and middle < day <= as_of]
        earlier += [amount for day, amount in rows if amount and start < day <= middle]
    is_known = first_invoice is not None and first_invoice <= start
    return Lasting(
        now=YearFigures(fsum(amounts), *now),
        before=YearFigures(fsum(earlier), before, concentration(issued, middle)) if is_known else None,
        known_from=None if is_known or first_invoice is None else add_months(first_invoice, 2 * YEAR),
    )
