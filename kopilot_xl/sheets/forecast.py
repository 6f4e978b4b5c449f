"""The Forecast sheet: the next twelve months, how far each scenario was off so far, what is planned, whom to call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import TYPE_CHECKING

from kopilot_xl.book import Book, Value
from kopilot_xl.domain import words
from kopilot_xl.domain.forecast import FEWEST_DATES, Forecast, Line, Scenario
from kopilot_xl.domain.sales import CALLS_NAMED, YEAR, Prepared, first_day, month_of
from kopilot_xl.domain.segments import BARS, Segment
from kopilot_xl.sheets import axes, palette
from kopilot_xl.sheets.settings import SEASONAL_MODEL
from kopilot_xl.sheets.settings import SHEET as SETTINGS
from kopilot_xl.sheets.table import Column, Format, Table
from kopilot_xl.sheets.values import fitting, fitting_smaller

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

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
    book.write_block(REACH, [[axes.amounts(drawn=any(each is not None for _, *row in chart for each in row))]])
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
    share = f" {words.share(part)} of it is planned." if part is not None else ""
    return f"Expected in the 12 months from {words.month(told.months[0])} on: {words.whole(expected)}.{share}"


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
            f"Tried on the past, {words.share(told.band.coverage)} of {words.count(told.band.cases, 'month')} lay "
            "between at least and at most; 80% should."
        )
    as_of, so_far = told.sales.as_of, told.sales.year_to_date
    lines.append(
        f"{as_of.year} lands at {words.whole(line.landing)}: {words.whole(so_far)} until {words.day_of_year(as_of)}, "
        f"{words.whole(line.landing - so_far)} to come."
    )
    if not told.sales.ended:
        lines.append(
            f"{words.month(first_day(month_of(told.sales.as_of)))} counts with {words.whole(told.sales.so_far)} so far "
            f"and {words.whole(told.rest or 0.0)} for its rest, as a year before."
        )
    return lines


def _choice(line: Line) -> str:
    """Why a scenario is expected."""
    found = line.accuracy
    if found is None:
        return (
            f"{line.scenario} is expected, unchecked: the past is too short to try a scenario on {FEWEST_DATES} dates."
        )
    off = words.share(found.share) if found.share is not None else words.whole(found.error)
    return (
        f"{line.scenario} did best: tried on {words.count(found.dates, 'past date')}, it was off by {off} on average."
    )


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


_TOP = 21
"""The row of the months' dates; the block of the months ahead begins below it."""
_SCENARIOS = _TOP + len(ROWS) + 2
_ERRORS = _SCENARIOS + len(Scenario) + 3
_LETTERS = "DEFGHIJKLMNO"
"""The columns of the twelve months."""
_SIDE = 21
"""The column of what the chart is drawn from."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the chart and its words, the months ahead, the scenarios, their errors, the call list."""
    from kopilot_xl.sheets import charts, looks

    ws.sheet_view.showGridLines = False
    looks.put_table(ws, CALLS, CORNER)
    cells = looks.down(CALLS, SEGMENT, CORNER)
    looks.tint_segments(ws, cells, cells.partition(":")[0])
    for letter in "HIJKLMNO":
        ws.column_dimensions[letter].width = 13
    for letter, width in zip("PQRST", (14, 14, 12, 12, 4), strict=True):
        ws.column_dimensions[letter].width = width
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 8
    looks.put(ws, "A1:S1", FIRST_WORDS, look=looks.font(size=16, bold=True, color=palette.ACCENT))
    for each in ws["A2:S2"][0]:
        each.border = looks.edge(top=palette.ACCENT)
    looks.name(ws, NOTE, "A1")
    _build_words(ws)
    _build_months(ws)
    _build_scenarios(ws)
    _build_errors(ws)
    _build_chart_block(ws)
    charts.forecast(ws, _SIDE, 3, BACK + YEAR, ("A", 3), ("M", 19), REACH)
    charts.words_until(ws, "A9:M9", charts.EMPTY_FORECAST, f"COUNT({_drawn_cells()})>0")
    top = int(CORNER[1:])
    ws.row_dimensions[top - 1].height = 24
    heading = looks.font(size=14, bold=True, color=palette.ACCENT)
    looks.put(ws, f"A{top - 1}", "Whom to call about which month", look=heading)
    looks.put(ws, f"E{top - 1}", _CALLS_WORDS, look=looks.font(color=palette.MUTED))
    looks.page(ws, across=True)
    ws.print_area = f"A1:S{looks.LAST_ROW}"  # what the chart is drawn from stands beside it
    ws.print_title_rows = f"{top}:{top}"


_CALLS_WORDS = (
    "Invoiced in that month of last year, nothing coming now; in the order to work through the portfolio, at most "
    f"{CALLS_NAMED} a month."
)


def _drawn_cells() -> str:
    """The cells that the chart's lines and columns are drawn from."""
    from openpyxl.utils import get_column_letter

    first, last = (get_column_letter(_SIDE + at) for at in (1, len(CHART_COLUMNS) - 1))
    return f"${first}$4:${last}${3 + BACK + YEAR}"


def _build_words(ws: Worksheet) -> None:
    """To the right of the chart: which scenario, and the sentences."""
    from kopilot_xl.sheets import looks

    looks.put(ws, "N3", "Expected", look=looks.font(bold=True, color=palette.MUTED))
    looks.put(ws, "N4", look=looks.font(size=14, bold=True, color=palette.ACCENT))
    looks.name(ws, CHOSEN, "N4")
    looks.hide(ws, "N3", f'{CHOSEN}=""')
    ws.row_dimensions[4].height = 22
    for row in range(6, 6 + WORDS_LINES):
        ws.row_dimensions[row].height = 34
        looks.put(ws, f"N{row}", stand=looks.align(vertical="top", wrap=True))
        for letter in "OPQRS":
            ws[f"{letter}{row}"].alignment = looks.align(vertical="top", wrap=True)
        ws.merge_cells(f"N{row}:S{row}")
    looks.name(ws, WORDS, "N6", *BLOCKS[WORDS])


def _head(ws: Worksheet, row: int, text: str, *more: str) -> None:
    """A heading over the label columns, and those of the columns after the months."""
    from kopilot_xl.sheets import looks

    bold = looks.font(bold=True, color=palette.MUTED)
    line = looks.edge(bottom=palette.LINE)
    ws.row_dimensions[row].height = 22
    for letter in "ABC" + _LETTERS + "PQRS":
        ws[f"{letter}{row}"].border = line
    looks.put(ws, f"A{row}", text, look=looks.font(size=12, bold=True, color=palette.ACCENT), lines=line)
    for letter, header in zip("PQRS", more, strict=False):
        looks.put(ws, f"{letter}{row}", header, look=bold, stand=looks.align("right"), lines=line)


def _build_months(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    bold = looks.font(bold=True, color=palette.MUTED)
    _head(ws, _TOP, "The next twelve months", "12 months")
    for letter in _LETTERS:
        looks.put(
            ws, f"{letter}{_TOP}", look=bold, stand=looks.align("right"), shown=Format.MONTH,
            lines=looks.edge(bottom=palette.LINE),
        )  # fmt: skip
    looks.name(ws, DATES, f"D{_TOP}", *BLOCKS[DATES])
    for row, (label, shown) in enumerate(ROWS.items(), _TOP + 1):
        main = label[0].isupper()
        look = looks.font(bold=main) if main else looks.font(color=palette.MUTED)
        tint = palette.BAND if label == "Expected" else None
        looks.put(ws, f"A{row}", label, look=look, stand=looks.align(indent=0 if main else 1), background=tint)
        for letter in "BC":
            looks.put(ws, f"{letter}{row}", background=tint)
        for letter in _LETTERS + "P":
            looks.put(
                ws, f"{letter}{row}", look=look, stand=looks.align("right", shrink=True), shown=shown, background=tint
            )
    looks.name(ws, AHEAD, f"D{_TOP + 1}", *BLOCKS[AHEAD])


def _build_scenarios(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    _head(ws, _SCENARIOS, "The scenarios, month by month", "12 months", "Year lands at")
    for row, each in enumerate(Scenario, _SCENARIOS + 1):
        looks.put(ws, f"A{row}", each.value, look=looks.font(bold=True))
        for letter in _LETTERS + "PQ":
            looks.put(ws, f"{letter}{row}", stand=looks.align("right"), shown=Format.AMOUNT)
    looks.name(ws, SCENARIOS, f"D{_SCENARIOS + 1}", *BLOCKS[SCENARIOS])
    _build_reasons(ws, LACKS, _SCENARIOS + 1)
    _mark_chosen(ws, _SCENARIOS + 1, "Q")


def _build_errors(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    bold = looks.font(bold=True, color=palette.MUTED)
    _head(ws, _ERRORS, "How far they were off, so many months ahead", "on average", "of a month", "MASE", "past dates")
    for ahead, letter in enumerate(_LETTERS, 1):
        looks.put(
            ws,
            f"{letter}{_ERRORS}",
            ahead,
            look=bold,
            stand=looks.align("right"),
            lines=looks.edge(bottom=palette.LINE),
        )
    shown = dict(zip("PQRS", (Format.AMOUNT, Format.SHARE, Format.RATIO, Format.COUNT), strict=True))
    for row, each in enumerate(Scenario, _ERRORS + 1):
        looks.put(ws, f"A{row}", each.value, look=looks.font(bold=True))
        for letter in _LETTERS + "PQRS":
            kind = shown.get(letter, Format.AMOUNT)
            looks.put(ws, f"{letter}{row}", stand=looks.align("right", shrink=True), shown=kind)
    looks.name(ws, ERRORS, f"D{_ERRORS + 1}", *BLOCKS[ERRORS])
    _build_reasons(ws, UNCHECKED, _ERRORS + 1)
    _mark_chosen(ws, _ERRORS + 1, "S")
    row = _ERRORS + len(Scenario) + 1
    looks.put(ws, f"A{row}", _ERRORS_WORDS, look=looks.font(color=palette.MUTED))


_ERRORS_WORDS = (
    "On each past date the months after it were told from what was known then, and compared with what came; the same "
    "dates for all. MASE: the error ÷ what a month differs from the one a year before."
)


def _build_reasons(ws: Worksheet, called: str, first: int) -> None:
    """Beside the scenarios' labels: a reason runs over the cells of the numbers that there are none of."""
    from kopilot_xl.sheets import looks

    for row in range(first, first + len(Scenario)):
        looks.put(ws, f"C{row}", look=looks.font(color=palette.MUTED))
    looks.name(ws, called, f"C{first}", *BLOCKS[called])


def _mark_chosen(ws: Worksheet, first: int, last_column: str) -> None:
    from kopilot_xl.sheets import looks

    looks.when(
        ws, f"A{first}:{last_column}{first + len(Scenario) - 1}", f"$A{first}={CHOSEN}", background=palette.BAR
    )  # fmt: skip


def _build_chart_block(ws: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    from kopilot_xl.sheets import looks

    quiet = looks.font(color=palette.MUTED)
    looks.put(ws, f"{get_column_letter(_SIDE)}2", "What the chart is drawn from.", look=quiet)
    for at, header in enumerate(CHART_COLUMNS):
        letter = get_column_letter(_SIDE + at)
        side = looks.align("right" if at else "left")
        ws.column_dimensions[letter].width = 13
        looks.put(
            ws, f"{letter}3", header, look=looks.font(bold=True, color=palette.MUTED), stand=side,
            background=palette.BAND,
        )  # fmt: skip
        for row in range(4, 4 + BACK + YEAR):
            looks.put(
                ws, f"{letter}{row}", look=quiet, stand=side, shown=Format.AMOUNT if at else Format.MONTH
            )  # fmt: skip
    looks.name(ws, CHART, f"{get_column_letter(_SIDE)}4", *BLOCKS[CHART])
