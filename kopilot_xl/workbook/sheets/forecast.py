"""The Forecast sheet: the next twelve months, how sure they are, what is planned, whom to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from textwrap import wrap

from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecasting import YEAR, Forecast, Line, Rule, first_day, month_of
from kopilot_xl.domain.portfolio import Client
from kopilot_xl.domain.sales import Prepared
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import chart_axes
from kopilot_xl.workbook.sheets.forecast_words import FACTS, explanation, facts, note
from kopilot_xl.workbook.tables.table import Column, Format, Table
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

__all__ = ["FACTS", "explanation", "facts", "note"]

SHEET = "Forecast"

NOTE, AS_OF, FACT, DATES = "ForecastNote", "ForecastAsOf", "ForecastFacts", "ForecastDates"
MONTHS, LINES, DRAWN = "ForecastMonths", "ForecastLines", "ForecastDrawn"
REACH = "ForecastReach"
"""The cell that tells how high the chart's axis reaches at least."""

ROWS: dict[str, Format] = {
    "Expected": Format.AMOUNT,
    "at least": Format.AMOUNT,
    "at most": Format.AMOUNT,
    "Planned already": Format.AMOUNT,
    "Still open": Format.AMOUNT,
    "Same month a year before": Format.AMOUNT,
    "Clients to call": Format.COUNT,
}
"""The rows of the months, and how their numbers are shown."""
BACK = 24
"""How many months the chart looks back, the running one among them."""
CHART_COLUMNS = ("Month", "Invoiced", "Expected", "At least", "Between at least and at most", "Planned")

FACT_ROWS, FACT_LETTERS = 3, 52
"""How many rows each of the facts has beside the chart, and how many letters are in a row."""
BLOCKS: dict[str, tuple[int, int]] = {
    NOTE: (1, 1),
    AS_OF: (1, 1),
    FACT: (len(FACTS) * FACT_ROWS, 1),
    DATES: (1, YEAR),
    MONTHS: (len(ROWS), YEAR + 1),
    LINES: (1 + len(Rule), YEAR + 2),
    DRAWN: (BACK + YEAR, len(CHART_COLUMNS)),
}
"""The named blocks and their size in rows and columns; the rows of lines are the mix and those of `Rule`."""

NAME = Column("Client", width=25, written=True)
MONTH = Column("Month", Format.MONTH, width=11, written=True)
CLIENT_ID = Column("Client ID", width=12, written=True, shrink=True)
SEGMENT = Column("Segment", width=16, written=True)
INVOICED = Column("Last year", Format.AMOUNT, width=12, written=True)
LAST_INVOICE = Column("Last invoice", Format.DATE, width=13, written=True, shrink=True)
NEXT_ACTION = Column("Next action", width=12, written=True)

CALLS = Table("Calls", (NAME, MONTH, CLIENT_ID, SEGMENT, INVOICED, LAST_INVOICE, NEXT_ACTION))
"""Whom to call about which month: the list of an earlier layout. Portfolio says it beside the client now."""


FIRST_WORDS = "Not refreshed yet: a refresh tells what to expect of the next twelve months."
"""What the title says until the first refresh."""


def fill(book: Book, told: Forecast, months: Sequence[Prepared], clients: Sequence[Client]) -> None:
    """Write the months ahead, the facts, each rule's own months, what the chart is drawn from, and the call list."""
    known = facts(told, months, clients)
    chart = drawn(told, months)
    book.write_block(NOTE, [[note(told, months)]])
    book.write_block(AS_OF, [[told.past.as_of]])
    book.write_block(FACT, [[line] for name in FACTS for line in _in_rows(known.get(name, ""))])
    book.write_block(DATES, [list(told.months)])
    book.write_block(MONTHS, _months(told, months))
    book.write_block(LINES, _lines(told))
    book.write_block(DRAWN, [_for_chart(month) for month in chart])
    something = any(value is not None for _, *row in map(astuple, chart) for value in row)
    book.write_block(REACH, [[chart_axes.amounts(drawn=something)]])
    _fill_older(book, told, months, clients, chart)
    if book.has_table(CALLS.name):
        calls = [(each.month, call) for each in months for call in each.calls]
        book.write_table(
            CALLS.name,
            {
                MONTH.header: [month for month, _ in calls],
                CLIENT_ID.header: [fitting_smaller(each.client.id, CLIENT_ID.width) for _, each in calls],
                NAME.header: [fitting(each.client.name, NAME.width) for _, each in calls],
                SEGMENT.header: [each.client.segment and each.client.segment.value for _, each in calls],
                INVOICED.header: [each.amount for _, each in calls],
                LAST_INVOICE.header: [each.client.last_invoice for _, each in calls],
                NEXT_ACTION.header: [each.client.next_action for _, each in calls],
            },
        )


def _in_rows(text: str) -> list[str | None]:
    """A fact, broken to the rows it has."""
    lines = wrap(text, FACT_LETTERS, max_lines=FACT_ROWS, placeholder=" …")
    return [*lines, *[None] * (FACT_ROWS - len(lines))]


def share_planned(expected: float | None, planned: float) -> float | None:
    """Return how much of what is expected is planned already, at most 1; None where nothing is expected."""
    return min(planned / expected, 1.0) if expected is not None and expected > 0 else None


def _months(told: Forecast, months: Sequence[Prepared]) -> list[list[Value]]:
    """The rows of `ROWS`, month by month and their sum."""
    total = told.total
    nothing: list[float | None] = [None] * YEAR
    expected: Sequence[float | None] = told.expected or nothing
    planned = [each.total for each in months]
    left = [None if one is None else max(one - plan, 0.0) for one, plan in zip(expected, planned, strict=True)]
    before = _year_before(told)
    return [
        [*expected, total.expected if total else None],
        [*(told.low or nothing), total.low if total else None],
        [*(told.high or nothing), total.high if total else None],
        [*planned, sum(planned)],
        [*left, None if total is None else sum(value or 0.0 for value in left)],
        [*before, None if None in before else sum(value or 0.0 for value in before)],
        [*(each.to_call for each in months), None],
    ]


def _year_before(told: Forecast) -> list[float | None]:
    """What was invoiced in the same months a year before; None before the first invoice, and for the running month."""
    past = told.past
    at = month_of(told.months[0]) - YEAR - past.first
    return [past.totals[index] if 0 <= index < past.whole else None for index in range(at, at + YEAR)]


def _lines(told: Forecast) -> list[list[Value]]:
    """What the mix and each rule expect: a label, the months, and their sum."""
    lines = [*([("Mixed, as above", told.mix)] if told.mix else []), *told.rules.items()]
    return [[label(str(name), line), *line.months, sum(line.months)] for name, line in lines]


def label(name: str, line: Line) -> str:
    """Return a line's name, how much it weighs in the mix and how far its years were off."""
    share = "" if line.share == 1 else f" ({formatting.share(line.share)})"
    error = line.accuracy.of_total if line.accuracy else None
    return f"{name}{share}" + ("" if error is None else f", off by {formatting.share(error)}")


@dataclass(frozen=True)
class Drawn:
    """A month of the chart; None for what it does not have."""

    month: date
    sold: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    planned: float | None = None


def drawn(told: Forecast, months: Sequence[Prepared]) -> list[Drawn]:
    """Return the months invoiced, then those expected; the running one is expected until it ends.

    The line of what is expected begins at the last whole month.
    """
    past, running = told.past, month_of(told.past.as_of)
    rows = []
    for back in range(BACK - 1, -1, -1):
        month = first_day(running - back)
        if back == 0 and not past.ended:
            rows.append(Drawn(month, expected=None if told.mix is None else past.so_far + told.mix.rest))
        else:
            sold = past.totals[-1 - back] if back < len(past.totals) and past.clients else None
            last = told.mix is not None and back == (not past.ended)
            rows.append(Drawn(month, sold, sold if last else None))
    nothing: Sequence[float | None] = [None] * YEAR
    lines = (told.expected or nothing, told.low or nothing, told.high or nothing)
    planned = [each.total or None for each in months]
    rows += [Drawn(*each) for each in zip(told.months, [None] * YEAR, *lines, planned, strict=True)]
    return rows


def _for_chart(row: Drawn) -> list[Value]:
    """A month as the chart stacks it: the band is what lies between its ends, nothing in the months before it."""
    name = f"{formatting.month(row.month)[:3]}\n{row.month.year % 100:02}"
    one = row.sold if row.expected is None else row.expected
    low, high = (one, one) if row.low is None or row.high is None else (row.low, row.high)
    band = None if low is None or high is None else high - low
    return [name, row.sold, row.expected, low, band, row.planned]


# Workbooks whose sheet was laid out before the three rules were mixed: it is filled as far as it says the same.

OLDER = ("ForecastChosen", "ForecastWords", "ForecastAhead", "ForecastScenarios", "ForecastErrors", "ForecastChart")
_COMING = tuple(each for each in reversed(BARS) if each in {
    Segment.NEW, Segment.ACTIVE, Segment.SLEEPING_AWAY, Segment.HIBERNATING,
})  # fmt: skip
_CHOSEN = "All of them, mixed"


def _fill_older(
    book: Book, told: Forecast, months: Sequence[Prepared], clients: Sequence[Client], chart: Sequence[Drawn]
) -> None:
    """Fill the blocks of an older sheet; those of scenarios that are not made any more are emptied."""
    chosen, words, ahead, scenarios, errors, drawn_from = OLDER
    if not book.write_block(ahead, _older_months(told, months)):
        return
    book.write_block(chosen, [[_CHOSEN if told.mix else None]])
    sentences = facts(told, months, clients)
    book.write_block(words, [[sentences[name]] for name in FACTS if name in sentences and name != "Planned"])
    book.write_block(scenarios, [])
    book.write_block(errors, [])
    book.write_block(drawn_from, [list(astuple(month)) for month in chart])


def _older_months(told: Forecast, months: Sequence[Prepared]) -> list[list[Value]]:
    expected, low, high, planned, left, _, to_call = _months(told, months)
    sums = [each.total for each in months]
    nothing: list[float | None] = [None] * YEAR
    shares = list(map(share_planned, told.expected or nothing, sums))
    by_segment: list[list[Value]] = [
        [*row, sum(value or 0.0 for value in row)]
        for row in ([each.planned.get(segment) for each in months] for segment in _COMING)
    ]
    return [
        expected,
        [*low[:-1], None],
        [*high[:-1], None],
        planned,
        *by_segment,
        [*shares, share_planned(told.total.expected if told.total else None, sum(sums))],
        left,
        to_call,
        [*(each.last_year for each in months), sum(each.last_year for each in months)],
    ]
