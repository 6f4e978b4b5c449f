"""Texts of an export as dates and numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime

from kopilot_xl.domain import formatting
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import ErrorValue, Number1904, Value
from kopilot_xl.workbook.tables.parsing import DateOrder, UnreadableError, read_amount, read_date
from kopilot_xl.workbook.tables.problems import Code
from kopilot_xl.workbook.tables.table import Column

_SIGNS = {",": "comma", ".": "point"}


def _day(value: Value, order: DateOrder | None) -> date | None:
    day = read_date(value, order)
    if day is not None and isinstance(value, str) and day.year < 1900:
        raise UnreadableError(t("Excel knows no day before 1900."), Code.UNREADABLE_DATE)
    return day


def _converted(values: Sequence[Value], read: Callable[[Value], Value]) -> list[Value]:
    """The values as `read` understands them; what it does not stays as it is, for a problem to name it later."""
    known: dict[str, Value] = {}
    result: list[Value] = []
    for value in values:
        if isinstance(value, str):
            if value not in known:
                try:
                    known[value] = read(value)
                except UnreadableError:
                    known[value] = value
            value = known[value]
        elif isinstance(value, Number1904):  # here it loses what its workbook counts from
            with suppress(UnreadableError):
                value = read(value)
        elif isinstance(value, datetime):
            value = value.date()
        result.append(str(value) if isinstance(value, ErrorValue) else value)
    return result


def _decimal(values: Sequence[Value], delimiter: str | None) -> tuple[str | None, list[str]]:
    """The decimal sign of a column of amounts: what its clear texts agree on, else what the delimiter suggests."""
    texts = {each for each in values if isinstance(each, str)}
    votes = {vote for each in texts if (vote := _vote(each))}
    if len(votes) == 1:
        return votes.pop(), []
    doubtful = sorted(each for each in texts if _is_doubtful(each))
    if not doubtful or delimiter is None:
        return None, []
    sign = "," if delimiter == ";" else "."
    why = "both a comma and a point are used as decimal sign" if votes else "no amount shows its decimal sign"
    read = read_amount(doubtful[0], sign)
    return sign, [
        f"Amounts: {why}; a decimal {_SIGNS[sign]} was assumed, so that {doubtful[0]} is "
        f"{formatting.amount(read or 0.0)}."
    ]


def _vote(text: str) -> str | None:
    """The decimal sign a text shows beyond doubt."""
    readings = []
    for sign in _SIGNS:
        try:
            readings.append(read_amount(text, sign))
        except UnreadableError:
            return None
    digits = re.sub(r"[^\d.,]", "", text)
    signs = {sign for sign in _SIGNS if sign in digits}
    if not signs or readings[0] != readings[1]:
        return None
    if len(signs) == 2:
        return max(signs, key=digits.rfind)
    (sign,) = signs
    grouped = re.fullmatch(rf"\d{{1,3}}(?:\{sign}\d{{3}})+", digits) is not None and not digits.startswith("0")
    return ("." if sign == "," else ",") if grouped else sign


def _is_doubtful(text: str) -> bool:
    try:
        read_amount(text)
    except UnreadableError:
        try:
            return read_amount(text, ".") is not None
        except UnreadableError:
            return False
    return False


def _doubtful(column: Column, values: Sequence[Value], order: DateOrder | None) -> list[str]:
    """A remark about texts that could be two different days, with what the rest of the column suggests."""
    if order is not None:
        return []
    doubtful: Counter[str] = Counter()
    hints = set()
    for text, times in Counter(each for each in values if isinstance(each, str)).items():
        readings = []
        for each in (None, DateOrder.DMY, DateOrder.MDY):
            try:
                readings.append(read_date(text, each))
            except UnreadableError:
                readings.append(None)
        plain, day_first, _ = readings
        if plain is None and day_first is not None:
            doubtful[text] = times
        elif plain and (match := re.match(r"(\d{1,2})[-/. ](\d{1,2})[-/. ]\d{4}", text)) and match[1] != match[2]:
            hints.add(DateOrder.DMY if int(match[1]) == plain.day else DateOrder.MDY)
    if not doubtful:
        return []
    ways = [hints.pop()] if len(hints) == 1 else list(DateOrder)
    suggested = ", as the other rows suggest" if len(ways) == 1 else ""
    return [
        f"{column.header}: {formatting.count(doubtful.total(), 'text')} such as {next(iter(doubtful))} could be two "
        f"different days. Give --date-order {' or '.join(ways)}{suggested}."
    ]
