"""What the report shows: figures, sentences and charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kopilot_xl._version import __version__
from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import Forecast, Line
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.outlook import Projection
from kopilot_xl.domain.portfolio import Client, Summary, do_next
from kopilot_xl.domain.retention_words import concentration_figures, retention_figures
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.domain.segments import BARS, PORTFOLIO, WORST_TO_BEST, Heading, Segment
from kopilot_xl.texts import t
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import forecast, history, movements, outlook, portfolio
from kopilot_xl.workbook.sheets.contents import Result
from kopilot_xl.workbook.tables.parsing import UnreadableError, read_date
from kopilot_xl.workbook.tables.problems import Kind, count

MOVES_ROWS, DEPARTURES_ROWS = 8, 12
"""How many clients are named in each list of movements, and among those that leave."""
PROBLEMS_ROWS = {Kind.PROBLEM: 5, Kind.NOTICE: 5}


def _content(result: Result, past: Sequence[HistoryRow], now: datetime) -> dict[str, Any]:
    """Everything the template shows."""
    from kopilot_xl.usecases.report import charts

    as_of, settings, summary, found = result.as_of, result.inputs.settings, result.summary, result.problems
    moved, ahead, told, months = result.movements, result.outlook, result.forecast, result.months
    assert ahead is not None  # noqa: S101 - a report looks ahead
    assert told is not None  # noqa: S101
    return {
        "Segment": Segment,
        "bars": BARS,
        "colour": charts.css_class,
        "company": settings.company,
        "currency": settings.currency,
        "as_of": as_of,
        "hint": portfolio.hint(as_of, settings.as_of, now.date()),
        "summary": summary,
        "histogram": charts.histogram(summary, _histogram_in_words(summary)),
        "outside": portfolio.outside(summary),
        "total": summary.value(PORTFOLIO),
        "tilts": (("By clients", summary.tilt), ("By value", summary.tilt_by_value)),
        "year": (
            *retention_figures(result.retention, result.retention_before),
            *concentration_figures(result.concentration),
        ),
        "todo": [_Todo.of(heading, clients) for heading, clients in do_next(result.clients).items()],
        "past": past,
        "remarks": any(each.remark for each in past),
        "trend": _trend(past),
        "tilt_line": _tilt_line(past),
        "moved": moved,
        "moved_note": movements.note(moved),
        "moves": _moves(moved) if moved else [],
        "before": movements.BEFORE,
        "standing": WORST_TO_BEST,
        "place": movements.segment_name,
        "outlook_note": outlook.note(ahead),
        "leaving_rows": outlook.LEAVING_ROWS,
        "futures": _futures(as_of, summary, ahead.nobody, ahead.plans),
        "departures": ahead.expected_churn,
        "most_departures": DEPARTURES_ROWS,
        "told": told,
        "forecast_note": forecast.note(told, months),
        "forecast_facts": forecast.facts(told, months, result.clients),
        "forecast_lines": _lines(told),
        "ahead": _months(told, months),
        "sales": _sales(told, months),
        "found": portfolio.found(count(found, Kind.PROBLEM), count(found, Kind.NOTICE)),
        "problems": [
            (kind, some[:room], len(some) - room)
            for kind, room in PROBLEMS_ROWS.items()
            if (some := [each for each in found if each.kind is kind])
        ],
        "now": now,
        "version": __version__,
        "stack": tuple(reversed(charts.STACK)),
    }


# the parts


@dataclass(frozen=True)
class _Todo:
    """A list of "Do next": its heading, the clients named, and how many there are beside them."""

    heading: Heading
    clients: Sequence[Client]
    more: int

    @classmethod
    def of(cls, heading: Heading, clients: Sequence[Client]) -> _Todo:
        room = portfolio.DO_NEXT_ROWS[heading]
        return cls(heading, clients[:room], max(len(clients) - room, 0))


@dataclass(frozen=True)
class _Moves:
    """A list of movements: its mark and heading, the moves named, how many there are in all and what they are worth."""

    mark: str
    heading: str
    named: Sequence[Move]
    count: int
    value: float


def _moves(moved: Movements) -> list[_Moves]:
    """The moves for the better and those for the worse."""
    return [
        _Moves(mark, heading, moves[:MOVES_ROWS], len(moves), sum(each.client.weight for each in moves))
        for (mark, heading), moves in zip(movements.LISTS.values(), (moved.better, moved.worse), strict=True)
    ]


@dataclass(frozen=True)
class HistoryRow:
    """A date of History: the counts, both tilts, the shape, and the remark of a row made later."""

    on: date
    summary: Summary
    tilt: float | None
    tilt_by_value: float | None
    shape: str
    remark: str


def read_history(book: Book, result: Result) -> list[HistoryRow]:
    """Return the last dates of History up to the day, the day itself as it is now, the earliest first."""
    as_of, summary = result.as_of, result.summary
    dates = {as_of: HistoryRow(as_of, summary, summary.tilt, summary.tilt_by_value, summary.shape.value, "")}
    if book.has_table(history.TABLE.name):
        rows = history.TABLE.of(book)
        columns = {each: rows.values(each) for each in history.TABLE.columns}
        for at, value in enumerate(columns[history.DATE]):
            on = _day(value)
            if on is None or on >= as_of:
                continue
            counts = {segment: round(_number(columns[each][at]) or 0) for segment, each in history.COUNTS.items()}
            dates[on] = HistoryRow(
                on,
                Summary(counts, dict.fromkeys(Segment, 0.0), summary.rules),
                _number(columns[history.TILT][at]),
                _number(columns[history.TILT_BY_VALUE][at]),
                str(columns[history.SHAPE][at] or ""),
                str(columns[history.REMARK][at] or ""),
            )
    return [dates[on] for on in sorted(dates)[-history.TREND_DATES :]]


def _day(value: Value) -> date | None:
    try:
        return read_date(value)
    except UnreadableError:
        return None


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class _Month:
    """A month of the forecast."""

    month: date
    expected: float
    low: float | None
    high: float | None
    planned: float
    share: float | None
    to_call: int


def _months(told: Forecast, months: Sequence[Prepared]) -> list[_Month]:
    """The months of the forecast; none where the past is too short."""
    if told.expected is None:
        return []
    nothing = [None] * len(months)
    rows = zip(months, told.expected, told.low or nothing, told.high or nothing, strict=True)
    return [
        _Month(each.month, expected, low, high, each.total, forecast.share_planned(expected, each.total), each.to_call)
        for each, expected, low, high in rows
    ]


def _lines(told: Forecast) -> list[tuple[str, Line]]:
    """The mix and each rule by itself."""
    return [("Mixed", told.mix), *told.rules.items()] if told.mix else []


def _sales(told: Forecast, prepared: Sequence[Prepared]) -> str:
    """The picture of the months sold and expected; none where there is no forecast."""
    from kopilot_xl.usecases.report import charts

    if told.expected is None:
        return ""

    def mark(month: date, value: float | None, what: str) -> charts.Mark | None:
        return (
            None
            if value is None
            else charts.Mark(value, f"{formatting.month(month)}, {what}: {formatting.whole(value)}")
        )

    rows = forecast.drawn(told, prepared)
    months = [
        charts.Month(
            f"{formatting.month(each.month)[:3]} {each.month.year}",
            mark(each.month, each.sold, "sold"),
            mark(each.month, each.expected if each.sold is None else None, "expected"),
            each.low,
            each.high,
            mark(each.month, each.planned, "planned"),
        )
        for each in rows
    ]
    sold = [each.sold for each in rows if each.sold is not None]
    text = (
        f"A line of {formatting.count(len(sold), 'month')} sold, {formatting.whole(sum(sold))} together, goes on as "
        f"the line of the 12 months expected, {formatting.whole(sum(told.expected))} together; around it where 8 of 10 "
        "months should lie, below it columns of what is planned. The table below has every number of the months ahead."
    )
    return charts.sales(months, text, 960)


@dataclass(frozen=True)
class _Variant:
    """The days ahead in one of the two variants: what it takes for granted, its days, today first, and a picture."""

    heading: str
    assumption: str
    days: Sequence[_Ahead]
    picture: str


@dataclass(frozen=True)
class _Ahead:
    """A day ahead, or today, of which nothing has left."""

    on: date
    days: int
    summary: Summary
    leaving: int | None = None
    leaving_value: float | None = None
    share_of_value: float | None = None


def _futures(
    as_of: date, summary: Summary, nobody: Sequence[Projection], plans: Sequence[Projection]
) -> Sequence[_Variant]:
    from kopilot_xl.usecases.report import charts

    highest = max(each.size for each in (summary, *(each.summary for each in (*nobody, *plans))))
    variants = []
    for (heading, assumption), futures in zip(outlook.VARIANTS.values(), (nobody, plans), strict=True):
        days = [_Ahead(as_of, 0, summary)]
        days += [
            _Ahead(each.on, each.days, each.summary, each.leaving, each.leaving_value, each.share_of_value)
            for each in futures
        ]
        columns = [charts.Column(_label(each.on), formatting.day(each.on), each.summary) for each in days]
        sizes = ", ".join(f"{each.summary.size:,} on {formatting.day(each.on)}" for each in days)
        text = t(
            "Stacked columns: the portfolio by segment. {heading}: {sizes}. The table below has every number.",
            heading=heading,
            sizes=sizes,
        )
        variants.append(_Variant(heading, assumption, days, charts.stacked(columns, text, 480, highest)))
    return variants


def _trend(past: Sequence[HistoryRow]) -> str:
    from kopilot_xl.usecases.report import charts

    columns = [charts.Column(_label(each.on), formatting.day(each.on), each.summary) for each in past]
    first, last = past[0], past[-1]
    text = (
        f"Stacked columns: the portfolio by segment on {formatting.count(len(past), 'date')}, "
        f"from {formatting.count(first.summary.size, 'client')} on {formatting.day(first.on)} "
        f"to {last.summary.size:,} on {formatting.day(last.on)}. The table below has every number."
    )
    return charts.stacked(columns, text, 960, max(each.summary.size for each in past))


def _tilt_line(past: Sequence[HistoryRow]) -> str:
    from kopilot_xl.usecases.report import charts

    points = [
        charts.Point(_label(each.on), f"{formatting.day(each.on)}: {_tilt(each.tilt)}", each.tilt) for each in past
    ]
    first, last = past[0], past[-1]
    text = t(
        "A line: the tilt by clients, from {before} on {first} to {now} on {last}. The table below has every number.",
        before=_tilt(first.tilt),
        first=formatting.day(first.on),
        now=_tilt(last.tilt),
        last=formatting.day(last.on),
    )
    return charts.line(points, text, 960)


def _histogram_in_words(summary: Summary) -> str:
    bars = ", ".join(f"{each} {summary.counts[each]:,}" for each in BARS)
    return t("Columns: the clients by segment. {bars}. Lost stands apart, outside the portfolio.", bars=bars)


def _short(day: date) -> str:
    """A date in a table, as in `1 Jul 2026`."""
    number, month = formatting.day_of_year(day).split()
    return f"{number} {month[:3]} {day.year}"


def _label(day: date) -> str:
    """A date under a chart, as in `1 Jul 26`."""
    return _short(day)[:-4] + f"{day.year % 100:02}"


def _tilt(value: float | None) -> str:
    return "none" if value is None else formatting.tilt(value).replace("-", "−")
