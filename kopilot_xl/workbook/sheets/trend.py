"""The Trend sheet: how the portfolio came to be what it is, date by date, and who moved since the refresh before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain import formatting
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.segments import PORTFOLIO, PORTFOLIO_BARS, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import chart_axes
from kopilot_xl.workbook.sheets.movements import segment_name
from kopilot_xl.workbook.tables.text_width import fitting

SHEET = "Trend"

NOTE, AS_OF, PALE, MORE = "TrendNote", "TrendAsOf", "TrendPale", "TrendMore"
DATES, MOVED_HEAD, MOVED = "TrendDates", "TrendMovedHead", "TrendMoved"
EARLIEST, LATEST = "TrendEarliest", "TrendLatest"
"""The ends of the line of the tilt."""
DRAWN, REACH = "TrendDrawn", "TrendReach"
"""What the charts are drawn from, and the cell that tells how high the axis of the first one reaches at least."""

COLUMNS = (
    "Date", *(segment.value for segment in PORTFOLIO_BARS), Segment.LOST.value, "Portfolio", "Tilt", "Tilt by value",
    "Shape", "Remark",
)  # fmt: skip
"""The columns of the dates, newest first."""
MOVED_COLUMNS = ("Row", "Client", "From", "To", "Value")
"""The columns of who moved; the first tells what a row is: `WORSE` and `BETTER` are headings."""
DRAWN_DATES = 24
"""How many dates the charts show."""
DRAWN_COLUMNS = (
    "Date",
    *(segment.value for segment in PORTFOLIO_BARS),
    *(f"{segment}, looked back" for segment in PORTFOLIO_BARS),
    "Tilt",
    "Tilt, looked back",
)
"""What the charts are drawn from, the earliest date first: each count and tilt in one of two columns."""
LOOKED_BACK = "looked back"
"""The remark on a date that was not seen on its own day, but reconstructed from the rows of a later one."""

DATES_SHOWN, MOVED_ROWS = 60, 200
WORSE, BETTER, CLIENT, REST = "worse", "better", "client", "rest"
NAME_WIDTH = 30
"""How many characters of a client's name there is room for; they shrink a little."""

BLOCKS: dict[str, tuple[int, int]] = {
    NOTE: (1, 1),
    AS_OF: (1, 1),
    PALE: (1, 1),
    EARLIEST: (1, 1),
    LATEST: (1, 1),
    MORE: (1, 1),
    DATES: (DATES_SHOWN, len(COLUMNS)),
    MOVED_HEAD: (1, 1),
    MOVED: (MOVED_ROWS, len(MOVED_COLUMNS)),
    DRAWN: (DRAWN_DATES, len(DRAWN_COLUMNS)),
}
"""The named blocks and their size in rows and columns."""

FIRST_WORDS = "Not refreshed yet: the second refresh tells who moved, and from where to where."
"""The title until the first refresh."""


@dataclass(frozen=True)
class Dated:
    """The portfolio on a date, in the words of the table History.

    Attributes:
        on: the date.
        counts: how many clients each segment had.
        size: how many clients the portfolio had.
        tilt: the tilt by clients, None where there was none.
        tilt_by_value: the same by value.
        shape: the name of the shape.
        looked_back: whether the date was reconstructed from the rows of a later day.
    """

    on: date
    counts: dict[Segment, float | None]
    size: float | None
    tilt: float | None
    tilt_by_value: float | None
    shape: str | None
    looked_back: bool


def fill(book: Book, dates: Sequence[Dated], moved: Movements | None, as_of: date) -> None:
    """Write the dates, newest first, what the charts are drawn from, and who moved.

    Args:
        book: where to.
        dates: every date of History, in any order.
        moved: who moved since an earlier day, None where there is none to compare with.
        as_of: the day looked at.
    """
    newest = sorted(dates, key=lambda dated: dated.on, reverse=True)
    drawn = newest[:DRAWN_DATES][::-1]
    book.write_block(NOTE, [[title(moved)]])
    book.write_block(AS_OF, [[as_of]])
    for name, end in ((EARLIEST, drawn[:1]), (LATEST, drawn[-1:] if len(drawn) > 1 else [])):
        book.write_block(name, [[dated.on for dated in end]])
    pale = any(dated.looked_back for dated in drawn)
    book.write_block(PALE, [[t("pale: looked back, from the rows of a later day") if pale else None]])
    book.write_block(MORE, [[_more(len(newest))]])
    book.write_block(DATES, [_row(dated) for dated in newest[:DATES_SHOWN]])
    book.write_block(MOVED_HEAD, [[_moved_head(moved)]])
    book.write_block(MOVED, list(_moved(moved)) if moved else [])
    any_drawn = any(dated.counts[segment] for dated in drawn for segment in PORTFOLIO)
    book.write_block(DRAWN, list(_drawn(drawn)) if any_drawn else [])
    book.write_block(REACH, [[chart_axes.clients(drawn=any_drawn)]])


def title(moved: Movements | None) -> str:
    """Return the sentence about the days that are compared."""
    if moved is None:
        return t("There is no earlier date to compare with yet: refresh again on another day.")
    since = _since(moved)
    worse, better = len(moved.worse), len(moved.better)
    if not worse and not better:
        return t("Since {since} no client moved", since=since)
    if not better:
        return tn(
            "Since {since} {count:,} client moved, for the worse", "Since {since} {count:,} clients moved, all for the "
            "worse", worse, since=since,
        )  # fmt: skip
    if not worse:
        return tn(
            "Since {since} {count:,} client moved, for the better", "Since {since} {count:,} clients moved, all for "
            "the better", better, since=since,
        )  # fmt: skip
    return tn(
        "Since {since} {count:,} client moved for the worse, {better:,} for the better",
        "Since {since} {count:,} clients moved for the worse, {better:,} for the better",
        worse,
        since=since,
        better=better,
    )


def _since(moved: Movements) -> str:
    """The earlier day, its year only where that is another."""
    day = moved.earlier.since
    return formatting.day_of_year(day) if day.year == moved.as_of.year else formatting.day(day)


def _more(dates: int) -> str | None:
    """What is not among the dates that are shown."""
    if dates <= DATES_SHOWN:
        return None
    return t(
        "The last {shown} of {dates:,} dates; all are in the hidden sheet History.", shown=DATES_SHOWN, dates=dates
    )


def _row(dated: Dated) -> list[Value]:
    return [
        dated.on,
        *(dated.counts[segment] for segment in (*PORTFOLIO_BARS, Segment.LOST)),
        dated.size,
        dated.tilt,
        dated.tilt_by_value,
        dated.shape,
        t("looked back") if dated.looked_back else None,
    ]


def _drawn(dates: Sequence[Dated]) -> Iterator[list[Value]]:
    """The dates as the charts have them: a date looked back in columns of its own, so that it can be paler.

    The pale line of the tilt goes on to the date after it, so that there is no gap in between.
    """
    blank: list[Value] = [None] * len(PORTFOLIO_BARS)
    after_pale = False
    monthly = len({(dated.on.year, dated.on.month) for dated in dates}) == len(dates)
    for dated in dates:
        counts: list[Value] = [dated.counts[segment] for segment in PORTFOLIO_BARS]
        month = formatting.month(dated.on)[:3]
        label = f"{month}\n{dated.on.year % 100:02}" if monthly else f"{dated.on.day}\n{month}"
        sides = [blank, counts] if dated.looked_back else [counts, blank]
        pale = dated.tilt if dated.looked_back or after_pale else None
        yield [label, *sides[0], *sides[1], None if dated.looked_back else dated.tilt, pale]
        after_pale = dated.looked_back


def _moved_head(moved: Movements | None) -> str:
    if moved is None:
        return t("Who moved")
    if moved.earlier.reconstructed:
        return t("Who moved since {since} (looked back)", since=_since(moved))
    return t("Who moved since {since}", since=_since(moved))


def _moved(moved: Movements) -> Iterator[list[Value]]:
    """Who moved, the worse first: a heading for each kind, then its clients, the most valuable first."""
    room = MOVED_ROWS - 4  # two headings, and what is left over of each kind
    kept = min(len(moved.worse), max(room - len(moved.better), room // 2))
    for kind, mark, moves, most in (
        (WORSE, t("for the worse"), moved.worse, kept),
        (BETTER, t("for the better"), moved.better, room - kept),
    ):
        if not moves:
            continue
        arrow = "▼" if kind == WORSE else "▲"
        worth = sum(move.client.weight for move in moves)
        yield [kind, f"{arrow} {len(moves):,} {mark}", None, None, worth]
        for move in moves[:most]:
            yield _moved_row(move)
        if (rest := len(moves) - most) > 0:
            yield [REST, tn("… and {count:,} more", "… and {count:,} more", rest), None, None, None]


def _moved_row(move: Move) -> list[Value]:
    names = segment_name(move.before), segment_name(move.after)
    return [CLIENT, fitting(move.client.name or move.client.id, NAME_WIDTH), *names, move.client.value]
