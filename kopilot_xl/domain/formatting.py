"""How dates, amounts and counts read inside a sentence."""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

_MONTHS = (
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
)


def day(value: date) -> str:
    """Return a date as in `1 July 2026`, whatever the machine's language."""
    return f"{day_of_year(value)} {value.year}"


def day_of_year(value: date) -> str:
    """Return a date without its year, as in `1 July`."""
    return f"{value.day} {_MONTHS[value.month - 1]}"


def month(value: date) -> str:
    """Return the month of a date as in `July 2026`."""
    return f"{_MONTHS[value.month - 1]} {value.year}"


def month_name(month: int) -> str:
    """Return the name of a month of the year, 1 to 12."""
    return _MONTHS[month - 1]


def short_month(month: int) -> str:
    """Return the name of a month of the year in three letters, as in `Jul`."""
    return _MONTHS[month - 1][:3]


def short_month_of(value: date) -> str:
    """Return the month of a date as in `Jul 2026`."""
    return f"{short_month(value.month)} {value.year}"


def short_day(value: date, beside: date | None = None) -> str:
    """Return a date as in `1 Jul 2026`, without its year beside a day of the same year."""
    month = short_month(value.month)
    return f"{value.day} {month}" if beside and beside.year == value.year else f"{value.day} {month} {value.year}"


def amount(value: float) -> str:
    """Return an amount as in `1,200` or `1,200.50`."""
    text = f"{value:,.2f}"
    return text.removesuffix(".00")


def whole(value: float) -> str:
    """Return an amount without decimals, as in `1,201`; a half is rounded up, as Excel shows it."""
    return f"{math.copysign(math.floor(abs(value) + 0.5), value):,.0f}"


def share(value: float) -> str:
    """Return a share in percent, as in `13%`; a half is rounded up, as Excel shows it."""
    return f"{_half_up(value * 100, 0):.0f}%"


def share_1(value: float) -> str:
    """Return a share in percent with one decimal, as in `2.9%`."""
    return f"{_half_up(value * 100, 1):.1f}%"


def tilt(value: float) -> str:
    """Return a tilt with its sign, as in `+0.25`; a half is rounded up, as Excel shows it."""
    shown = _half_up(value, 2)
    return f"{shown:+.2f}" if shown else "0.00"


def _half_up(value: float, decimals: int) -> Decimal:
    """Round as Excel does: the number as its first 15 digits have it, a half away from zero, and no minus zero."""
    return Decimal(f"{value:.15g}").scaleb(decimals).to_integral_value(ROUND_HALF_UP).scaleb(-decimals) + 0


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, as in `1 client` or `2 clients`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
