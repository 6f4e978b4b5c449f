"""The hidden sheet History: one row per as-of date, and the trend of the last of them. Trend shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kopilot_xl.domain.portfolio import Summary
from kopilot_xl.domain.segments import BARS, PORTFOLIO, Segment
from kopilot_xl.workbook.book import Book, TableData, Value
from kopilot_xl.workbook.sheets import chart_axes
from kopilot_xl.workbook.sheets.trend import Dated
from kopilot_xl.workbook.tables.parsing import UnreadableError, read_date
from kopilot_xl.workbook.tables.table import Column, Format, Table, TableRows

DATE = Column("Date", Format.DATE, width=12, written=True)
WRITTEN_ON = Column("Written on", Format.DATE, width=13, written=True)
COUNTS = {
    segment: Column(segment.value, Format.COUNT, width=max(9, len(segment.value) + 5), written=True)
    for segment in (*BARS, Segment.CANCELED)
}
SIZE = Column("Portfolio", Format.COUNT, width=13, written=True)
TILT = Column("Tilt", Format.TILT, width=10, written=True)
TILT_BY_VALUE = Column("Tilt by value", Format.TILT, width=17, written=True)
SHAPE = Column("Shape", width=13, written=True)

REMARK = Column("Remark", width=15, written=True)
RECONSTRUCTED = "reconstructed"
"""The remark on a row that was not written on its own day."""

TABLE = Table("History", (DATE, WRITTEN_ON, *COUNTS.values(), SIZE, TILT, TILT_BY_VALUE, SHAPE, REMARK))

TREND = "HistoryTrend"
"""The block the trend chart is drawn from: a label, the bars' counts and the tilt of the last dates."""
REACH = "HistoryReach"
"""The cell with the least height of the chart's axis."""
TREND_DATES = 24
WORDS = (
    "Every date a refresh looked at. The sheet Trend shows the last of them; kopilot-xl refresh --backfill 12 fills in "
    "the twelve months before the first."
)
TREND_COLUMNS = ("Date", *(segment.value for segment in BARS), TILT.header)

_TOP = 3
"""The first row of the block, above the table: there no sorting, filtering or deleting of dates touches it."""
_HEADER_ROW = _TOP + TREND_DATES
"""The row of the table's headers, and of the block's below it: the first of the sheet, by which the table is found
where it is none any more, as in a workbook that another program saved."""
CORNER = f"A{_HEADER_ROW}"
"""The corner of the table; there is nothing below it, so that it can grow."""


def fill(book: Book, summaries: Mapping[date, Summary], today: date) -> None:
    """Write the row of each date that is not in the future, and the trend."""
    table, changed = _after(TABLE.of(book), summaries, today)
    if changed:
        book.write_table(TABLE.name, {column.header: values for column, values in table.items()})
    trend = _trend(table)
    book.write_block(TREND, trend)
    book.write_block(REACH, [[chart_axes.clients(drawn=_any_drawn(trend))]])


def dates(book: Book, summaries: Mapping[date, Summary], today: date) -> list[Dated]:
    """Return every date of the table as `fill` leaves it; without a table, those of the summaries."""
    rows = TABLE.of(book) if book.has_table(TABLE.name) else TABLE.read(_NOTHING, book.name)
    table, _ = _after(rows, summaries, today)
    return [_dated(table, at, day) for at, value in enumerate(table[DATE]) if (day := _day(value))]


def _after(rows: TableRows, summaries: Mapping[date, Summary], today: date) -> tuple[dict[Column, list[Value]], bool]:
    """The table with the row of each date, and whether that changes it.

    A row that was written on its own day is replaced on that day only; a reconstructed one always. Rows never move,
    so that what the user keeps beside them stays beside them.
    """
    table: dict[Column, list[Value]] = {column: list(_all(rows, column)) for column in TABLE.columns}
    changed = False
    for day, summary in summaries.items():
        index = _index_of(table[DATE], table[WRITTEN_ON], day, today) if day <= today else None
        if index is None:
            continue
        changed = True
        for column, value in _row(summary, day, today).items():
            if index == len(table[column]):
                table[column].append(value)
            else:
                table[column][index] = value
    return table, changed


_NOTHING = TableData(TABLE.name, TABLE.name, 1, 1, (), ())


def _dated(table: Mapping[Column, Sequence[Value]], at: int, day: date) -> Dated:
    written = _day(table[WRITTEN_ON][at])
    shape = table[SHAPE][at]
    return Dated(
        on=day,
        counts={segment: _number(table[column][at]) for segment, column in COUNTS.items()},
        size=_number(table[SIZE][at]),
        tilt=_number(table[TILT][at]),
        tilt_by_value=_number(table[TILT_BY_VALUE][at]),
        shape=None if shape is None else str(shape),
        looked_back=written is not None and written != day,
    )


def _number(value: Value) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def previous(book: Book, as_of: date) -> date | None:
    """Return the last date of the table before a day, None if there is none."""
    if not book.has_table(TABLE.name):
        return None
    days = [day for value in _all(TABLE.of(book), DATE) if (day := _day(value)) and day < as_of]
    return max(days, default=None)


def _all(rows: TableRows, column: Column) -> Sequence[Value]:
    """A column's values in every row of the table, the blank ones too."""
    at = rows.position(column)
    return [None if at is None else row[at] for row in rows.data.rows]


def _row(summary: Summary, as_of: date, today: date) -> dict[Column, Value]:
    return {
        DATE: as_of,
        WRITTEN_ON: today,
        **{column: summary.counts[segment] for segment, column in COUNTS.items()},
        SIZE: summary.size,
        TILT: summary.tilt,
        TILT_BY_VALUE: summary.tilt_by_value,
        SHAPE: summary.shape.value,
        REMARK: None if as_of == today else RECONSTRUCTED,
    }


def _day(value: Value) -> date | None:
    try:
        return read_date(value)
    except UnreadableError:
        return None


def _index_of(dates: Sequence[Value], written: Sequence[Value], as_of: date, today: date) -> int | None:
    """Where the row of a date goes: its own row, else the first blank one, else the end; None to leave it alone."""
    days = [_day(value) for value in dates]
    if as_of in days:
        at = days.index(as_of)
        final = _day(written[at]) == as_of and today != as_of
        return None if final else at
    return next((at for at, value in enumerate(dates) if value is None), len(dates))


def _trend(table: dict[Column, list[Value]]) -> list[list[Value]]:
    """The last dates, oldest first; blank rows after them."""
    days = [(day, at) for at, value in enumerate(table[DATE]) if (day := _day(value))]
    shown = [at for _, at in sorted(days)[-TREND_DATES:]]
    columns = [*(COUNTS[segment] for segment in BARS), TILT]
    return [[_day(table[DATE][at]), *(table[column][at] for column in columns)] for at in shown]


def _any_drawn(trend: Sequence[Sequence[Value]]) -> bool:
    """Tell whether any client of the portfolio is in the trend; the lost are not drawn."""
    columns = [TREND_COLUMNS.index(segment.value) for segment in PORTFOLIO]
    return any(row[column] for row in trend for column in columns)
