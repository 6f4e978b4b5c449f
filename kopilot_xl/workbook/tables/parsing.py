"""What a cell means: dates, amounts and moments from whatever was typed or exported."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import NoneType
from typing import cast

from kopilot_xl.domain import formatting
from kopilot_xl.domain.ids import client_key
from kopilot_xl.texts import marked, t
from kopilot_xl.workbook.book import ErrorValue, Number1904, Value
from kopilot_xl.workbook.tables.problems import Code


class DateOrder(StrEnum):
    """How to read a text date such as 03/04/2026; without one it is refused."""

    DMY = "DMY"
    MDY = "MDY"


class UnreadableError(ValueError):
    """A value that is not what its column holds. The text says what is wrong and the way out; `code` what it is.

    `taken_as` is what the value counts as all the same, and `done` says so, where that is not what the column's other
    unreadable values are taken as.
    """

    def __init__(self, text: str, code: Code, taken_as: float | None = None, done: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.taken_as = taken_as
        self.done = done


DAYS_TO_1904 = 1462
"""How many days later 1904 begins than the count of other workbooks."""

LARGEST_AMOUNT = 1e100
"""An amount from here on is unreadable: sums and squares of smaller ones are finite numbers."""
_LAST_SERIAL = 2_958_465
"""31 December 9999."""

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[-/. ]+([a-z]{3,9})\.?,?[-/. ]+(\d{4})")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?[ -]+(\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})")
_CLOCK = re.compile(r"(?<![T ])[T ]++(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CURRENCY = re.compile(r"^(?:[A-Z]{3}|[€$£¥₹₺₽₩₪฿]|kr|zł|Kč)\.?|(?:[A-Z]{3}|[€$£¥₹₺₽₩₪฿]|kr|zł|Kč)$")

_LOOKS_NEGATIVE = re.compile(
    r"[-\u00ad\u2010-\u2015\u2043\u207b\u208b\u2212\u2796\ufe58\ufe63\uff0d()\[\]{}\uff08\uff09]|(?<![a-z])cr(?![a-z])",
    re.IGNORECASE,
)
"""A minus sign of any kind, a bracket, or the CR of a credit."""
NOT_AN_INVOICE = marked("It looks negative: not counted as an invoice.")


def from_serial(serial: float) -> datetime:
    """Return the moment of an Excel serial number, which counts days from 1900, or from 1904 if it is a `Number1904`.

    Raises:
        UnreadableError: it is no day of Excel's calendar; serial 60 is 29 February 1900, which never was.
    """
    if isinstance(serial, Number1904) and serial >= 0:
        serial = float(serial) + DAYS_TO_1904
    if not math.isfinite(serial) or not 1 <= serial < _LAST_SERIAL + 1 or int(serial) == 60:
        raise UnreadableError(
            t("{serial:g} is not a date. Write it as 2026-04-03.", serial=serial), Code.UNREADABLE_DATE
        )
    first = datetime(1899, 12, 31) if serial < 60 else datetime(1899, 12, 30)
    seconds = round((serial % 1) * 86_400)
    return first + timedelta(days=int(serial), seconds=seconds)


def read_moment(value: Value, order: DateOrder | None = None) -> datetime | None:
    """Return a date with its time of day (midnight if it has none); None for a blank.

    Raises:
        UnreadableError: it is not a date, or a text that could be two different days.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time.min)
    if isinstance(value, bool | time | ErrorValue):
        raise UnreadableError(
            t("{value} is not a date. Write it as 2026-04-03.", value=_shown(value)), Code.UNREADABLE_DATE
        )
    if isinstance(value, int | float):
        return from_serial(value)
    text = value.strip()
    if not text:
        return None
    clock = _CLOCK.search(text)
    day = _text_day(text[: clock.start()] if clock else text, text, order)
    if not clock:
        return datetime.combine(day, time.min)
    try:
        return datetime.combine(day, time(int(clock[1]), int(clock[2]), int(clock[3] or 0)))
    except ValueError:
        raise UnreadableError(
            t("{text} has no such time of day. Write it as 2026-04-03 14:30.", text=_shown(text)), Code.UNREADABLE_DATE
        ) from None


def read_date(value: Value, order: DateOrder | None = None) -> date | None:
    """Return a date without its time of day; None for a blank.

    Raises:
        UnreadableError: as `read_moment`.
    """
    if type(value) is date:
        return value
    moment = read_moment(value, order)
    return None if moment is None else moment.date()


def all_dates(values: Sequence[Value]) -> list[date | None] | None:
    """Return a column of dates and blanks as it is; None if anything else is in it."""
    return cast("list[date | None]", values) if set(map(type, values)) <= {date, NoneType} else None


def all_amounts(values: Sequence[Value]) -> list[float | None] | None:
    """Return a column of numbers and blanks as amounts; None if anything else is in it."""
    kinds = set(map(type, values))
    if not kinds <= {float, int, NoneType}:
        return None
    try:
        amounts = (
            [None if value is None else float(cast("float", value)) for value in values] if kinds != {float} else values
        )
    except OverflowError:  # a whole number of more than 308 digits
        return None
    found = cast("list[float | None]", amounts)
    return found if sum(map(abs, filter(None, found))) < LARGEST_AMOUNT else None


def _text_day(text: str, whole: str, order: DateOrder | None) -> date:
    plain = text.strip().lower()
    try:
        if match := _ISO.fullmatch(plain):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _NUMERIC.fullmatch(plain):
            first, second, year = int(match[1]), int(match[2]), int(match[3])
            if first > 12 or first == second or (second <= 12 and order is DateOrder.DMY):
                return date(year, second, first)
            if second > 12 or order is DateOrder.MDY:
                return date(year, first, second)
            raise UnreadableError(
                _two_days(whole, date(year, second, first), date(year, first, second)), Code.AMBIGUOUS_DATE
            )
        if match := _DAY_FIRST.fullmatch(plain):
            return date(int(match[3]), _month(match[2]), int(match[1]))
        if match := _MONTH_FIRST.fullmatch(plain):
            return date(int(match[3]), _month(match[1]), int(match[2]))
    except UnreadableError:
        raise
    except ValueError:
        pass
    raise UnreadableError(
        t("{whole} is not a date. Write it as 2026-04-03.", whole=_shown(whole)), Code.UNREADABLE_DATE
    )


def _month(name: str) -> int:
    return _MONTH_NAMES.index(name[:3]) + 1


def _two_days(text: str, one: date, other: date) -> str:
    return t(
        "{text} could be {one} or {other}. Write {one2}, or set Date order to {dateorder}.",
        text=_shown(text),
        one=formatting.day_of_year(one),
        other=formatting.day_of_year(other),
        one2=one.isoformat(),
        dateorder=" or ".join(DateOrder),
    )


def read_amount(value: Value, decimal: str | None = None) -> float | None:
    """Return an amount; None for a blank.

    Args:
        value: a number, or a text such as `1 200,50 €`, `1.200,50`, `(300.00)`.
        decimal: the decimal separator, `.` or `,`, where it is known; it settles a text such as `1.200`.

    Raises:
        UnreadableError: it is not a number, or a text that could be two different amounts. One that looks negative is
            taken as 0: it is not an invoice.
    """
    try:
        return _amount(value, decimal)
    except UnreadableError as reason:
        if isinstance(value, str) and _LOOKS_NEGATIVE.search(value):
            raise UnreadableError(str(reason), reason.code, taken_as=0.0, done=t(NOT_AN_INVOICE)) from None
        raise


def _amount(value: Value, decimal: str | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if -LARGEST_AMOUNT < value < LARGEST_AMOUNT:
            return float(value)
        raise UnreadableError(t("{value} is not an amount. Write a number.", value=value), Code.UNREADABLE_AMOUNT)
    if not isinstance(value, str):
        raise UnreadableError(
            t("{value} is not an amount. Write a number.", value=_shown(value)), Code.UNREADABLE_AMOUNT
        )
    text = value.strip()
    if not text:
        return None
    plain = re.sub(r"[\s'’]", "", text)
    sign = 1.0
    if plain.startswith("(") and plain.endswith(")"):
        sign, plain = -1.0, plain[1:-1]
    plain = _CURRENCY.sub("", plain)
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    plain = plain.replace("−", "-")  # as some exports write it
    if plain[:1] in {"-", "+"}:
        sign, plain = (-sign if plain[0] == "-" else sign), plain[1:]
    plain = _CURRENCY.sub("", plain)
    number = _point_decimal(plain, text, decimal)
    if number is None or number >= LARGEST_AMOUNT:
        raise UnreadableError(t("{text} is not an amount. Write a number.", text=_shown(text)), Code.UNREADABLE_AMOUNT)
    return sign * number


def _point_decimal(plain: str, whole: str, decimal: str | None) -> float | None:
    """The number behind digits with separators, whichever separator the decimals have."""
    if re.fullmatch(r"\d+", plain):
        return float(plain)
    separators = {separator for separator in ".," if separator in plain}
    if len(separators) == 2:
        found = max(separators, key=plain.rfind)
    else:
        found = next(iter(separators), ".")
        grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{found}\d{{3}})+", plain) is not None
        if grouped and plain.count(found) > 1:
            found = "," if found == "." else "."
        elif grouped and decimal is None:
            digits = plain.replace(found, "")
            raise UnreadableError(
                t(
                    "{whole} could be {digits} or {found}. Write a number without separators.",
                    whole=_shown(whole),
                    digits=digits,
                    found=plain.replace(found, "."),
                ),
                Code.AMBIGUOUS_AMOUNT,
            )
        elif grouped and decimal is not None:
            found = decimal
    other = "," if found == "." else "."
    match = re.fullmatch(rf"(\d+|\d{{1,3}}(?:\{other}\d{{3}})+)?(?:\{found}(\d*))?", plain)
    if not match or not (match[1] or match[2]):
        return None
    return float(f"{(match[1] or '0').replace(other, '')}.{match[2] or '0'}")


def id_key(value: Value) -> str | None:
    """Return what a client id is compared by; None for a blank cell, and for one that shows an error."""
    return None if isinstance(value, ErrorValue) else client_key(value)


def is_blank(value: Value) -> bool:
    """Tell whether a cell shows nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def _shown(value: object) -> str:
    return f'"{value}"'


def shown(value: Value) -> str:
    """Return what a reader sees in a cell, for the Value column of a problem."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return str(value)
