"""The Forecast sheet: the next twelve months, how far each scenario was off so far, what is planned, whom to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

from kopilot_xl.domain import formatting
from kopilot_xl.domain.forecast import FEWEST_DATES, Forecast, Line
from kopilot_xl.domain.sales import YEAR, Prepared, first_day, month_of
from kopilot_xl.domain.scenarios import Scenario
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import chart_axes
from kopilot_xl.workbook.sheets.settings import SEASONAL_MODEL
from kopilot_xl.workbook.sheets.settings import SHEET as SETTINGS
from kopilot_xl.workbook.tables.table import Column, Format, Table
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

SHEET = "Forecast"

NOTE, CHOSEN, WORDS, DATES = "ForecastNote", "ForecastChosen", "ForecastWords", "ForecastDates"
AHEAD, SCENARIOS, ERRORS, CHART = "ForecastAhead", "ForecastScenarios", "ForecastErrors", "ForecastChart"
LACKS, UNCHECKED = "ForecastLacks", "ForecastUnchecked"
"""Why a scenario has no numbers, and why none of its errors are known, one row per scenario."""
REACH = "ForecastReach"
"""The cell that tells how high the chart's axis reaches at least."""

COMING = tuple(each for each in reversed(BARS) if each in {
    Segment.NEW, Segment.ACTIVE, Segment.SLEEPING_AWAY, Segment.HIBERNATING,
})  # fmt: skip
"""The segments of clients that have something coming: no other client has."""
ROWS: dict[str, Format] = {
    "Expected": Format.AMOUNT,
    "at least, in 8 of 10 cases": Format.AMOUNT,
    "at most": Format.AMOUNT,
    "Planned already": Format.AMOUNT,
    **{f"by {each} clients": Format.AMOUNT for each in COMING},
    "Share planned": Format.SHARE,
    "Still open": Format.AMOUNT,
    "Clients to call": Format.COUNT,
    "invoiced that month last year": Format.AMOUNT,
}
"""The rows of the first block, and how their numbers are shown."""
BACK = 24
"""How many months the chart looks back, the running one among them."""
CHART_COLUMNS = ("Month", "Sold", "Expected", "At least", "At most", "Planned")

WORDS_LINES = 4
BLOCKS: dict[str, tuple[int, int]] = {
    NOTE: (1, 1),
    CHOSEN: (1, 1),
    WORDS: (WORDS_LINES, 1),
    DATES: (1, YEAR),
    AHEAD: (len(ROWS), YEAR + 1),
    SCENARIOS: (len(Scenario), YEAR + 2),
    LACKS: (len(Scenario), 1),
    ERRORS: (len(Scenario), YEAR + 4),
    UNCHECKED: (len(Scenario), 1),
    CHART: (BACK + YEAR, len(CHART_COLUMNS)),
}
"""The named blocks and their size in rows and columns; the rows of scenarios are those of `Scenario`."""

MONTH = Column("Month", Format.MONTH, width=12, written=True)
CLIENT_ID = Column("Client ID", width=12, written=True, shrink=True)
NAME = Column("Client", width=30, written=True)
SEGMENT = Column("Segment", width=16, written=True)
INVOICED = Column("Last year", Format.AMOUNT, width=13, written=True)
LAST_INVOICE = Column("Last invoice", Format.DATE, width=14, written=True)
NEXT_ACTION = Column("Next action", width=16, written=True)

CALLS = Table("Calls", (MONTH, CLIENT_ID, NAME, SEGMENT, INVOICED, LAST_INVOICE, NEXT_ACTION))

CORNER = "A52"
"""The corner of the table Calls; nothing stands below it."""

FIRST_WORDS = "Not refreshed yet: a refresh tells what to expect of the next twelve months."
"""What stands in the headline until the first refresh."""
OFF = f"Off. To have it: {SETTINGS}, {SEASONAL_MODEL.label}, On."
"""What stands beside the seasonal model where it was not asked for."""


def fill(book: Book, told: Forecast, months: Sequence[Prepared]) -> None:
    """Write the months ahead, the scenarios and their errors, what the chart is drawn from, and the call list."""
    book.write_block(NOTE, [[note(told, months)]])
    book.write_block(CHOSEN, [[told.chosen and told.chosen.value]])
    book.write_block(WORDS, [[line] for line in explanation(told)])
    book.write_block(DATES, [list(told.months)])
    book.write_block(AHEAD, _ahead(told, months))
    lines = [told.lines.get(each) for each in Scenario]
    book.write_block(SCENARIOS, [_scenario(each) for each in lines])
    book.write_block(LACKS, [[_lacks(each)] for each in lines])
    book.write_block(ERRORS, [_errors(each) for each in lines])
    book.write_block(UNCHECKED, [[each.lacks or None if each and each.values else None] for each in lines])
    chart = [list(astuple(each)) for each in drawn(told, months)]
    book.write_block(CHART, chart)
    book.write_block(REACH, [[chart_axes.amounts(drawn=any(each is not None for _, *row in chart for each in row))]])
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


def note(told: Forecast, months: Sequence[Prepared]) -> str:
    """Return the sentence that sums the forecast up."""
    if told.expected is None:
        lacks = told.lines[Scenario.AS_LAST_YEAR].lacks
        return f"There is no forecast yet. {lacks}"
    expected, planned = sum(told.expected), sum(each.total for each in months)
    part = share_planned(expected, planned)
    share = f" {formatting.share(part)} of it is planned." if part is not None else ""
    return f"Expected in the 12 months from {formatting.month(told.months[0])} on: {formatting.whole(expected)}.{share}"


def share_planned(expected: float | None, planned: float) -> float | None:
    """Return how much of what is expected is planned already; None where nothing is expected."""
    return planned / expected if expected is not None and expected > 0 else None


def explanation(told: Forecast) -> list[str]:
    """Return which scenario is expected and why, how its band held, and where the year lands, in sentences."""
    line = told.line
    if line is None or line.landing is None:
        return []
    lines = [_choice(line)]
    if told.band.coverage is not None:
        lines.append(
            f"Tried on the past, {formatting.share(told.band.coverage)} of "
            f"{formatting.count(told.band.cases, 'month')} lay between at least and at most; 80% should."
        )
    as_of, so_far = told.sales.as_of, told.sales.year_to_date
    lines.append(
        f"{as_of.year} lands at {formatting.whole(line.landing)}: {formatting.whole(so_far)} until "
        f"{formatting.day_of_year(as_of)}, {formatting.whole(line.landing - so_far)} to come."
    )
    if not told.sales.ended:
        lines.append(
            f"{formatting.month(first_day(month_of(told.sales.as_of)))} counts with "
            f"{formatting.whole(told.sales.so_far)} so far and {formatting.whole(told.rest or 0.0)} for its rest, "
            "as a year before."
        )
    return lines


def _choice(line: Line) -> str:
    """Why a scenario is expected."""
    found = line.accuracy
    if found is None:
        return (
            f"{line.scenario} is expected, unchecked: the past is too short to try a scenario on {FEWEST_DATES} dates."
        )
    off = formatting.share(found.share) if found.share is not None else formatting.whole(found.error)
    tried = formatting.count(found.dates, "past date")
    return f"{line.scenario} did best: tried on {tried}, it was off by {off} on average."


def _ahead(told: Forecast, months: Sequence[Prepared]) -> list[list[Value]]:
    """The rows of `ROWS`, month by month and their sum."""
    expected: Sequence[float | None] = told.expected or [None] * YEAR
    low, high = told.band.low or [None] * YEAR, told.band.high or [None] * YEAR
    planned = [each.total for each in months]
    whole = None if told.expected is None else sum(told.expected)
    pairs = [*zip(expected, planned, strict=True), (whole, sum(planned))]
    left = [None if each is None else max(each - some, 0.0) for each, some in pairs[:-1]]
    by_segment = [[each.planned.get(segment) for each in months] for segment in COMING]
    rows: list[list[Value]] = [
        [*expected, whole],
        [*low, None],
        [*high, None],
        [*planned, sum(planned)],
        *_summed(by_segment),
        [share_planned(each, some) for each, some in pairs],
        [*left, None if whole is None else sum(each or 0.0 for each in left)],
        [*(each.to_call for each in months), None],
        [*(each.last_year for each in months), sum(each.last_year for each in months)],
    ]
    return rows


def _summed(rows: Sequence[Sequence[float | None]]) -> list[list[Value]]:
    return [[*row, sum(each or 0.0 for each in row)] for row in rows]


def _scenario(line: Line | None) -> list[Value]:
    """A scenario's months, their sum and the landing; nothing where it lacks something."""
    return [*line.values, sum(line.values), line.landing] if line and line.values is not None else []


def _lacks(line: Line | None) -> str | None:
    """Why a scenario has no months."""
    if line is None:
        return OFF
    return line.lacks if line.values is None else None


def _errors(line: Line | None) -> list[Value]:
    """A scenario's errors by months ahead, on average, as a share, scaled, and on how many dates; nothing if none."""
    found = line.accuracy if line else None
    return [*found.by_horizon, found.error, found.share, found.mase, found.dates] if found else []


@dataclass(frozen=True)
class Drawn:
    """A month of the chart, in the order of `CHART_COLUMNS`; None for what it does not have."""

    month: date
    sold: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    planned: float | None = None


def drawn(told: Forecast, months: Sequence[Prepared]) -> list[Drawn]:
    """Return the months sold, then those expected; the running one is expected until it ends."""
    sales, running = told.sales, month_of(told.sales.as_of)
    rows = []
    for back in range(BACK - 1, -1, -1):
        month = first_day(running - back)
        if back == 0 and not sales.ended:
            rows.append(Drawn(month, expected=None if told.rest is None else sales.so_far + told.rest))
        else:
            known = back < len(sales.months) and sales.whole > 0
            rows.append(Drawn(month, sold=sales.months[-1 - back] if known else None))
    nothing: Sequence[float | None] = [None] * YEAR
    lines = (told.expected or nothing, told.band.low or nothing, told.band.high or nothing)
    planned = [each.total or None for each in months]
    rows += [Drawn(*each) for each in zip(told.months, [None] * YEAR, *lines, planned, strict=True)]
    return rows
