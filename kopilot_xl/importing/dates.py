"""Columns of dates: what each text can be, and which order of day and month the column proves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kopilot_xl.importing.choices import ImportChoices, QuestionError
from kopilot_xl.importing.date_texts import Reading, day_of, full_year, reading
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Number1904, Value
from kopilot_xl.workbook.tables.parsing import DAYS_TO_1904, DateOrder

FIRST_YEAR = 1990
"""No invoice that anybody still looks at is older."""


class DateDoubt(ValueError):  # noqa: N818 - it becomes a question
    """A column whose dates cannot be told. The text says why, without the way out; `code` is stable."""

    def __init__(self, text: str, code: str, way: str) -> None:
        super().__init__(text)
        self.code = code
        self.way = way


def share_of_dates(values: Iterable[Value]) -> float:
    """Return the share of the values that are not blank and could be dates."""
    found = total = 0
    for value in values:
        if value is None or value == "":
            continue
        total += 1
        if isinstance(value, date):
            found += 1
        elif isinstance(value, str):
            told = reading(value)
            if told is not None:
                found += told.partial is None
            elif value.isdigit() and len(value) in (5, 10, 13):
                found += _from_number(float(value)) is not None
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found += _from_number(value) is not None
    return found / total if total else 0.0


def share_of_days_and_months(values: Iterable[Value]) -> float:
    """Return the share of the values that could be a day and a month without a year: 510 or 0510, 5.10."""
    filled = [each for each in values if each is not None and each != ""]
    return sum(_day_month(each) is not None for each in filled) / len(filled) if filled else 0.0


def _day_month(value: Value) -> tuple[int, int] | None:
    """The day and month of 510, 0510, 2801 or 05.10."""
    if isinstance(value, str):
        if value.isdigit() and len(value) in (3, 4):
            value = int(value)
        else:
            told = reading(value)
            return told.partial if told else None
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) and 101 <= value <= 3112:
        day, month = divmod(int(value), 100)
        if 1 <= day <= 31 and 1 <= month <= 12:
            return day, month
    return None


def _from_number(value: float) -> date | None:
    """A serial number of Excel, a number such as 20261005, or seconds since 1970."""
    if value != value or abs(value) > 1e14:
        return None
    if isinstance(value, Number1904):
        value = value + DAYS_TO_1904
    if 30_000 <= value < 60_000:
        return date(1899, 12, 30) + timedelta(days=int(value))
    if value == int(value) and 19_000_000 < value < 21_000_000:
        whole = int(value)
        return day_of(whole // 10_000, whole // 100 % 100, whole % 100)
    seconds = value / 1000 if value > 1e11 else value
    if 6e8 < seconds < 4e9:
        return (datetime(1970, 1, 1) + timedelta(seconds=int(seconds))).date()
    return None


@dataclass(frozen=True)
class Dates:
    """A column of dates: a day, or what is not one as it is."""

    values: list[date | Value]
    order: DateOrder | None
    notes: tuple[str, ...]
    unread: tuple[int, ...]


def settled_dates(
    label: str,
    values: Sequence[Value],
    choices: ImportChoices,
    *,
    beside: Iterable[Sequence[Value]] = (),
    period: tuple[date, date] | None = None,
    strict: bool = True,
) -> Dates:
    """Return a column as days, as `read_dates` does; what is in doubt stays text where the user accepts the doubt.

    Args:
        label: of the file and the column, for the question.
        values: the column.
        choices: what the user has settled.
        beside: other columns of dates of the same file.
        period: the first and last day the file tells.
        strict: whether proof against the order given is a doubt.

    Raises:
        QuestionError: the column leaves open which days it means.
    """
    beside = list(beside)

    def read(lenient: bool) -> Dates:
        return read_dates(
            values, choices.date_order, beside=beside, period=period, year=choices.year, strict=strict, lenient=lenient
        )

    try:
        return read(lenient=False)
    except DateDoubt as doubt:
        choices.settle(QuestionError(f"{label}: {doubt}. {doubt.way}.", doubt.code), f"{label}: {doubt}.")
    try:
        return read(lenient=True)
    except DateDoubt as doubt:  # one that nothing but an answer settles
        raise QuestionError(f"{label}: {doubt}. {doubt.way}.", doubt.code) from doubt


def read_dates(
    values: Sequence[Value],
    given: DateOrder | None,
    *,
    beside: Iterable[Sequence[Value]] = (),
    period: tuple[date, date] | None = None,
    year: int | None = None,
    latest: date | None = None,
    strict: bool = True,
    lenient: bool = False,
) -> Dates:
    """Return a column as days.

    Args:
        values: the column.
        given: the order the user gave.
        beside: other columns of dates of the same file, which may prove the order where this one does not.
        period: the first and last day the file tells, for dates without a year.
        year: of dates without one.
        latest: the last day that can be, which helps with years of two digits.
        strict: whether proof against the order given is a doubt; else the column's own order is taken.
        lenient: leave texts that could be two days as they are.

    Raises:
        DateDoubt: the column leaves open which days it means.
    """
    readings = {each: reading(each) for each in dict.fromkeys(values) if isinstance(each, str)}
    numeric = {text: told.numbers for text, told in readings.items() if told and told.numbers}
    notes: list[str] = []
    order: DateOrder | None = None
    year_first = doubtful = False
    if numeric:
        if not lenient:
            _check_swapped(values, numeric)
        proof = _proof(numeric.values())
        if year_first := _is_year_first(numeric, readings, latest):
            notes.append(t("{date} was read as year, month, day.", date=min(numeric)))
        else:
            try:
                order, note = _settled(proof, given, numeric, readings, beside, strict)
            except DateDoubt:
                if not lenient:
                    raise
                note = ""
                doubtful = True
            if note:
                notes.append(note)
    partial = _without_year(values, readings)
    if partial and year is None and period is None:
        raise DateDoubt(
            t("dates such as {date} have a day and a month but no year", date=partial),
            "date-without-year",
            t("Give --year 2026"),
        )
    if partial and period is not None and year is None and (period[1] - period[0]).days > 366:
        raise DateDoubt(
            t("dates such as {date} have no year, and the file's period is longer than one", date=partial),
            "date-without-year",
            t("Give --year 2026, or export one year at a time"),
        )
    known: dict[Value, date | Value] = {}
    for text, told in readings.items():
        day = _day(told, order, year_first) if told and not (partial and told.partial) else None
        if doubtful and told and told.numbers and not _is_clear(told.numbers):
            day = None
        elif doubtful and told and told.numbers:
            day = _day(told, DateOrder.DMY if told.numbers[0] > 12 else DateOrder.MDY, year_first)
        if day is None and text.replace(".", "", 1).isdigit():
            day = _from_number(float(text))
        if day is None and partial and (pair := _day_month(text)):
            day = _in_period(pair, period, year)
        known[text] = text if day is None else day
    result: list[date | Value] = []
    unread: list[int] = []
    for at, value in enumerate(values):
        if value is None:
            result.append(None)
            continue
        if isinstance(value, str):
            day_or_text = known[value]
        elif isinstance(value, datetime):
            day_or_text = value.date()
        elif isinstance(value, date):
            day_or_text = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = _in_period(pair, period, year) if partial and (pair := _day_month(value)) else _from_number(value)
            day_or_text = value if found is None else found
        else:
            day_or_text = value
        if not isinstance(day_or_text, date):
            unread.append(at)
        result.append(day_or_text)
    return Dates(result, order, tuple(notes), tuple(unread))


def _without_year(values: Sequence[Value], readings: dict[str, Reading | None]) -> Value:
    """One of the dates without a year, where a column has nothing but them."""
    filled = [each for each in values if each is not None]
    if not filled or any(isinstance(each, date) for each in filled):
        return None
    if all(_day_month(each) is not None for each in filled[:500]):
        return filled[0] if not isinstance(filled[0], float) else int(filled[0])
    return None


def _in_period(pair: tuple[int, int], period: tuple[date, date] | None, year: int | None) -> date | None:
    day, month = pair
    if year is not None:
        return day_of(year, month, day)
    if period is None:
        return None
    for each in range(period[0].year, period[1].year + 1):
        found = day_of(each, month, day)
        if found and period[0] <= found <= period[1]:
            return found
    return day_of(period[1].year, month, day)


def _proof(numbers: Iterable[tuple[int, int, int]]) -> set[DateOrder]:
    """The orders that some rows prove: a number above 12 is a day."""
    found = set()
    for first, second, _ in numbers:
        if first > 12 >= second:
            found.add(DateOrder.DMY)
        elif second > 12 >= first:
            found.add(DateOrder.MDY)
    return found


def _settled(
    proof: set[DateOrder],
    given: DateOrder | None,
    numeric: dict[str, tuple[int, int, int]],
    readings: dict[str, Reading | None],
    beside: Iterable[Sequence[Value]],
    strict: bool,
) -> tuple[DateOrder | None, str]:
    """The order of day and month, and what to say about it."""
    if len(proof) > 1:
        one, other = (_proving(numeric, each) for each in DateOrder)
        raise DateDoubt(
            t(
                '"{one}" can only be day first and "{other}" only month first: two orders in one column',
                one=one,
                other=other,
            ),
            "date-order-mixed",
            t("Export the dates as 2026-04-03"),
        )
    if proof:
        (order,) = proof
        if given is not None and given is not order:
            if strict:
                raise DateDoubt(
                    t(
                        '--date-order {given} was given, but "{date}" shows {order}',
                        given=given,
                        date=_proving(numeric, order),
                        order=order,
                    ),
                    "date-order",
                    f"Give --date-order {order}",
                )
            return order, t(
                'day and month are read as "{date}" shows them ({order}).',
                date=_proving(numeric, order),
                order=order,
            )
        return order, "" if given else t(
            'day and month are read as "{date}" shows them ({order}).', date=_proving(numeric, order), order=order
        )
    if given is not None:
        return given, ""
    open_ones = [text for text, (first, second, _) in numeric.items() if first != second]
    if not open_ones:
        return DateOrder.DMY, ""
    if all((told := readings[each]) is not None and told.dotted for each in numeric):
        return DateOrder.DMY, t("{date} was read as day.month.year, as dates with points are.", date=open_ones[0])
    for column in beside:
        found = {each: told for each in column if isinstance(each, str) and (told := reading(each)) and told.numbers}
        others = _proof(told.numbers for told in found.values() if told.numbers)
        if len(others) == 1:
            (order,) = others
            return order, t("day and month are read as the other dates of the file show them ({order}).", order=order)
    one, other = (_both(numeric[open_ones[0]], each) for each in DateOrder)
    raise DateDoubt(
        t("dates such as {date} could be {one} or {other}", date=open_ones[0], one=one, other=other), "ambiguous-date",
        f"Give --date-order {' or '.join(DateOrder)}",
    )  # fmt: skip


def _both(numbers: tuple[int, int, int], order: DateOrder) -> str:
    first, second, year = numbers
    day, month = (first, second) if order is DateOrder.DMY else (second, first)
    full = year if year > 99 else full_year(year)
    return f"{full}-{month:02}-{day:02}"


def _proving(numeric: dict[str, tuple[int, int, int]], order: DateOrder) -> str:
    return next(text for text, numbers in numeric.items() if order in _proof([numbers]))


def _is_clear(numbers: tuple[int, int, int]) -> bool:
    """Whether the numbers of a text leave no doubt by themselves."""
    return numbers[0] > 12 or numbers[1] > 12 or numbers[0] == numbers[1]


def _is_year_first(
    numeric: dict[str, tuple[int, int, int]], readings: dict[str, Reading | None], latest: date | None
) -> bool:
    """Whether 26/10/05 is the year 2026: only where day first gives days that cannot be, and year first none."""
    short = [numbers for text, numbers in numeric.items() if (told := readings[text]) and not told.long_year]
    if len(short) < len(numeric) or any(first <= 12 for first, _, _ in short):
        return False
    last = latest or date.today() + timedelta(days=731)

    def possible(day: date | None) -> bool:
        return day is not None and date(FIRST_YEAR, 1, 1) <= day <= last

    by_year = all(possible(day_of(full_year(first), month, day)) for first, month, day in short)
    firsts, lasts = {first for first, _, _ in short}, {day for _, _, day in short}
    day_first = all(possible(day_of(full_year(year), month, day)) for day, month, year in short)
    return by_year and (not day_first or (len(firsts) < len(lasts) and max(firsts) - min(firsts) <= 5 < len(lasts)))


def _check_swapped(values: Sequence[Value], numeric: dict[str, tuple[int, int, int]]) -> None:
    """Refuse a column in which a spreadsheet turned some dates and left others as texts.

    A day-first file opened in a month-first Excel has true dates where the day is at most 12, swapped, and texts
    elsewhere. A true date after the 12th cannot come from there.
    """
    true = [each for each in values if isinstance(each, date)]
    if true and all(each.day <= 12 for each in true):
        text = min(numeric, key=lambda each: (max(numeric[each][:2]) <= 12, each))
        raise DateDoubt(
            t(
                '{count} cells are true dates and others texts such as "{text}": the file was opened in a '
                "spreadsheet that reads dates the other way round, so the true ones may have day and month "
                "swapped",
                count=len(true),
                text=text,
            ),
            "dates-swapped",
            t("Export it again and give it as it is, without opening it"),
        )


def _day(told: Reading, order: DateOrder | None, year_first: bool) -> date | None:
    if told.day or told.numbers is None:
        return told.day
    first, second, third = told.numbers
    if year_first:
        return day_of(full_year(first), second, third)
    year = third if told.long_year else full_year(third)
    return day_of(year, second, first) if order is not DateOrder.MDY else day_of(year, first, second)
