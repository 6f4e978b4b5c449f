"""How dates, amounts and counts read inside a sentence, in the reader's language."""

from __future__ import annotations

import math
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from kopilot_xl.texts import forms
from kopilot_xl.texts.forms import ENGLISH


def day(value: date) -> str:
    """Return a date as in `1 July 2026`."""
    return f"{day_of_year(value)} {value.year}"


def day_of_year(value: date) -> str:
    """Return a date without its year, as in `1 July`."""
    language = forms()
    return f"{language.day(value.day)} {language.months[value.month - 1]}"


def month(value: date) -> str:
    """Return the month of a date as in `July 2026`."""
    return f"{month_name(value.month)} {value.year}"


def month_name(month: int) -> str:
    """Return the name of a month of the year, 1 to 12."""
    return forms().months[month - 1]


def short_month(month: int) -> str:
    """Return the short name of a month of the year, as in `Jul`."""
    return forms().short_months[month - 1]


def short_month_of(value: date) -> str:
    """Return the month of a date as in `Jul 2026`."""
    return f"{short_month(value.month)} {value.year}"


def short_day(value: date, beside: date | None = None) -> str:
    """Return a date as in `1 Jul 2026`, without its year beside a day of the same year."""
    text = f"{forms().day(value.day)} {short_month(value.month)}"
    return text if beside and beside.year == value.year else f"{text} {value.year}"


def amount(value: float) -> str:
    """Return an amount as in `1,200` or `1,200.50`."""
    return _number(f"{value:,.2f}".removesuffix(".00"))


def whole(value: float) -> str:
    """Return an amount without decimals, as in `1,201`; a half is rounded up, as Excel shows it."""
    return _number(f"{math.copysign(math.floor(abs(value) + 0.5), value):,.0f}")


def share(value: float) -> str:
    """Return a share in percent, as in `13%`; a half is rounded up, as Excel shows it."""
    return _number(f"{_half_up(value * 100, 0):.0f}%")


def share_1(value: float) -> str:
    """Return a share in percent with one decimal, as in `2.9%`."""
    return _number(f"{_half_up(value * 100, 1):.1f}%")


def tilt(value: float) -> str:
    """Return a tilt with its sign, as in `+0.25`; a half is rounded up, as Excel shows it."""
    shown = _half_up(value, 2)
    return _number(f"{shown:+.2f}" if shown else "0.00")


def _half_up(value: float, decimals: int) -> Decimal:
    """Round as Excel does: the number as its first 15 digits have it, a half away from zero, and no minus zero."""
    return Decimal(f"{value:.15g}").scaleb(decimals).to_integral_value(ROUND_HALF_UP).scaleb(-decimals) + 0


def _number(text: str) -> str:
    """A number that Python wrote, as the reader's language writes it."""
    language = forms()
    return text if language is ENGLISH else language.number(text)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun, as in `1 client` or `2 clients`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
