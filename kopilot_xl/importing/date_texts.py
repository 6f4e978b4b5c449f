"""What the text of one date can be: a day, or numbers whose order its column must tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from kopilot_xl.importing.vocabulary import vocabulary
from kopilot_xl.texts.words import fold

_CLOCK = re.compile(
    r"(?:^|(?<![T ,])[T ,]++)\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d++)?)?\s*+(?:[ap]\.?\s?m\.?)?"
    r"\s*+(?:Z|UTC|GMT|[A-Z]{3,4})?\s*+(?:\(?(?:UTC|GMT)?[+-]\d{1,2}:?(?:\d{2})?\)?)?\s*+$",
    re.IGNORECASE,
)
_HOUR = re.compile(r"[T ]\d{1,2}:\d{2}")
_YEAR_FIRST = re.compile(r"(\d{4})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{1,2})\.?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?")
_NUMERIC = re.compile(r"(\d{1,2})\s?([-/. ])\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})\.?")
_DAY_MONTH = re.compile(r"(\d{1,2})[-/.](\d{1,2})\.?")
_PARTS = re.compile(r"\d+|[^\W\d_]+")
_WEEKDAY = re.compile(r"([^\W\d_]{2,14})[.,]{0,2}\s+(?=\d{1,4}[-/. ]{1,2}\d{1,2}[-/. ]{1,2}\d{2,4}(?!\d))")
_MONTH_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True)
class Reading:
    """What a text can be: a day; three numbers whose order is open; or a day and month without a year."""

    day: date | None = None
    numbers: tuple[int, int, int] | None = None
    long_year: bool = False
    dotted: bool = False
    partial: tuple[int, int] | None = None


@lru_cache(maxsize=200_000)
def reading(text: str) -> Reading | None:
    """Return what a text can be, None if it is not a date."""
    plain = _without_weekday(text.strip())
    if not 4 <= len(plain) <= 60 or not any(map(str.isdigit, plain)):
        return None
    if match := _COMPACT.fullmatch(plain):
        return _exact(int(match[1]), int(match[2]), int(match[3]))
    if _HOUR.search(plain) or ":" in plain:
        plain = _CLOCK.sub("", plain).strip(" ,T")
    if match := _YEAR_FIRST.fullmatch(plain):
        return _exact(int(match[1]), int(match[2]), int(match[3]))
    if match := _NUMERIC.fullmatch(plain):
        numbers = (int(match[1]), int(match[3]), int(match[4]))
        return Reading(numbers=numbers, long_year=len(match[4]) == 4, dotted=match[2] == ".")
    if match := _DAY_MONTH.fullmatch(plain):
        first, second = int(match[1]), int(match[2])
        if 1 <= first <= 31 and 1 <= second <= 31:
            return Reading(partial=(first, second))
        return None
    return _named(plain) if _MONTH_WORD.search(plain) else None


def _without_weekday(text: str) -> str:
    """A date without the name of its day before it, whole or cut short: Wed 10/09/2025, mercredi, 10-09-2025."""
    match = _WEEKDAY.match(text)
    if match is None or not any(day.startswith(fold(match[1])) for day in vocabulary().weekdays):
        return text
    return text[match.end() :]


def _exact(year: int, month: int, day: int) -> Reading | None:
    found = day_of(year, month, day)
    return Reading(day=found) if found else None


def day_of(year: int, month: int, day: int) -> date | None:
    """Return a day, None where there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named(text: str) -> Reading | None:
    """A day with the month's name, in any order: 5 oct. 2026, Oct 5, 2026, Monday, 5 October 2026, 05-Oct-26."""
    months, weekdays = vocabulary().months, vocabulary().weekdays
    month: int | None = None
    numbers: list[str] = []
    for part in _PARTS.findall(text):
        if part.isdigit():
            numbers.append(part)
            continue
        folded = fold(part)
        number = months.get(folded)
        if number is not None and month is None:
            month = number
        elif len(part) > 3 and folded not in weekdays:
            return None  # a sentence with a day in it, such as a report's footer
    if month is None or len(numbers) != 2:
        return None
    if len(numbers[0]) == 4:
        numbers.reverse()
    day, year = numbers
    if len(day) > 2 or len(year) not in (2, 4):
        return None
    return _exact(full_year(int(year)) if len(year) == 2 else int(year), month, int(day))


def full_year(year: int) -> int:
    """Return the year that two digits stand for."""
    return year + (2000 if year < 70 else 1900)
