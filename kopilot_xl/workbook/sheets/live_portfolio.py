"""The portfolio in figures as formulas of the macro-free edition: counts, shares, tilt, shape, checks, words.

They are computed on the hidden sheet of facts, from the segments and values beside the clients; the page reads them
there by their names. So all of the page ages together, wherever its blocks are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kopilot_xl.domain.portfolio import Shape, Summary
from kopilot_xl.domain.rules import Rules
from kopilot_xl.domain.segments import ENGAGED, INACTIVE, PORTFOLIO, Segment
from kopilot_xl.workbook.addresses import column_letters
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.sheets import clients, facts, settings
from kopilot_xl.workbook.sheets.client_formulas import FIRST_INVOICE, MACRO_FREE, REFRESH
from kopilot_xl.workbook.tables.table import Column

ORDER = tuple(Segment)
"""The segments in the order of the rows of figures, which is that of their names and advice."""
TOP, COUNT, VALUE, SHARE, SHARE_OF_VALUE, BEFORE = 1, "F", "G", "H", "I", "J"
"""The first row and the columns of the figures of each segment."""
FIGURES = "LiveSegments"
"""The block of these figures; the last one, of the day that is compared with, is a value."""
CELLS = "LiveCells"
"""The block of the other figures, from top to bottom."""

WORDS_KEY, WORDS_THEN, HINT_THEN, FIRST_ROW = "WordsKey", "WordsThen", "HintThen", "FirstRow"
SIZE, INACTIVE_CLIENTS, ENGAGED_CLIENTS = "LiveSize", "LiveInactive", "LiveEngaged"
TILT, TILT_BY_VALUE, SHAPE, WON, KEY, WORDS = (
    "LiveTilt", "LiveTiltByValue", "LiveShape", "LiveWon", "LiveKey", "LiveWords",
)  # fmt: skip
CHECKS = ("LiveActiveIsMajority", "LiveNewMakeUp", "LiveFewWithoutActivity")
TO_REFRESH, AGED = "LiveToRefresh", "LiveAged"

VALUES = (WORDS_KEY, WORDS_THEN, HINT_THEN, FIRST_ROW)
"""The names of the cells that a refresh writes values into, from the top."""


def _column(column: Column) -> str:
    """A column of the table Clients, as long as its sheet."""
    letter = column_letters(MACRO_FREE.headers.index(column.header) + 1)
    return f"{clients.TABLE.name}!${letter}:${letter}"


def figure(column: str, segment: Segment) -> str:
    """Return the cell with a figure of a segment, as the sheet of facts itself refers to it."""
    return f"${column}${TOP + ORDER.index(segment)}"


def shown(column: str, segment: Segment) -> str:
    """Return what another sheet shows of a figure of a segment."""
    return f"INDEX({FIGURES},{ORDER.index(segment) + 1},{ord(column) - ord(COUNT) + 1})"


def _sum(column: str, segments: Sequence[Segment]) -> str:
    return "+".join(figure(column, segment) for segment in segments)


def segment_formulas(segment: Segment) -> list[str | None]:
    """Return the formulas of a segment's figures: clients, value, share, share of value."""
    names, values = _column(clients.SEGMENT), _column(clients.VALUE)
    name = f"$D${TOP + ORDER.index(segment)}"
    count, value = figure(COUNT, segment), figure(VALUE, segment)
    counted = f"COUNTIF({names},{name})"
    worth = f'SUMIFS({values},{names},{name},{values},">0")'
    if segment not in PORTFOLIO:
        return [counted, worth, None, None]
    total = _sum(VALUE, PORTFOLIO)
    return [counted, worth, f'IF({SIZE}=0,"",{count}/{SIZE})', f'IF({total}=0,"",{value}/({total}))']


def _count(segment: Segment) -> str:
    return figure(COUNT, segment)


_ACTIVE, _NEW, _LEAVING = map(_count, (Segment.ACTIVE, Segment.NEW, Segment.LEAVING))
_BALANCED = f"({INACTIVE_CLIENTS}+{ENGAGED_CLIENTS})"
_MINORITY = f"2*{_ACTIVE}<={_BALANCED}"
_INACCURATE = facts.now(settings.NUMBERS[-1])
_IN_ORDER = [facts.now(setting) for setting in settings.NUMBERS[:-1]]
_LIFESPAN = facts.now(settings.LIFESPAN)


def _tilt(column: str) -> str:
    engaged, inactive = _sum(column, ENGAGED), _sum(column, INACTIVE)
    return f'IF({engaged}+{inactive}=0,"",({engaged}-({inactive}))/({engaged}+{inactive}))'


def _won() -> str:
    first = _column(FIRST_INVOICE)
    return (
        f'IF(OR({FIRST_ROW}="",{facts.DAY}-N({FIRST_ROW})<{_LIFESPAN}),"",'
        f'COUNTIFS({first},">="&{facts.ACTIVE_SINCE},{first},"<="&{facts.DAY}))'
    )


FORMULAS: dict[str, str] = {
    SIZE: _sum(COUNT, PORTFOLIO),
    INACTIVE_CLIENTS: _sum(COUNT, INACTIVE),
    ENGAGED_CLIENTS: _sum(COUNT, ENGAGED),
    TILT: _tilt(COUNT),
    TILT_BY_VALUE: _tilt(VALUE),
    CHECKS[0]: f"2*{_ACTIVE}>{_BALANCED}",
    CHECKS[1]: f"{_NEW}>={_LEAVING}",
    # Rounded: 7 % of 100 is above 7 in floating point.
    CHECKS[2]: f"ROUND({_count(Segment.NO_ACTIVITY)}-{_INACCURATE}*{SIZE},9)<0",
    SHAPE: (
        f'IF({SIZE}=0,"{Shape.EMPTY}",IF(NOT({CHECKS[2]}),"{Shape.INACCURATE}",'
        f"IF(OR({INACTIVE_CLIENTS}>={ENGAGED_CLIENTS},AND({_MINORITY},{_NEW}<{_LEAVING})),"
        f'"{Shape.DECLINING}",IF(OR({_NEW}>{INACTIVE_CLIENTS},{_MINORITY}),"{Shape.GROWING}","{Shape.MATURE}"))))'
    ),
    WON: _won(),
    KEY: '&"|"&'.join([*map(_count, ORDER), SHAPE, *_IN_ORDER, f"ROUND({_INACCURATE}*1000000,0)", WON]),
    # The sentence holds figures of its day: it stays only while all of them are the same.
    WORDS: (
        f'IF({WORDS_KEY}="",{WORDS_THEN},IF({KEY}={WORDS_KEY},{WORDS_THEN},'
        f'"The portfolio has changed since "&{facts.FACTS_DAY_WORDS}&": refresh for the words."))'
    ),
    TO_REFRESH: f'COUNTIF({_column(clients.SEGMENT)},"{REFRESH}")',
    AGED: f"AND(N({facts.FACTS_DAY})>0,{facts.DAY}>{facts.FACTS_DAY})",
}
"""The formulas of the other figures by the names of their cells."""


@dataclass(frozen=True)
class Stored:
    """What a refresh stores beside the summary.

    Attributes:
        hint: why its day stands out.
        first_row: the earliest date known.
        before: how many clients each segment had on the day that is compared with; None without such a day.
        words: what is under the label, the summary's sentence or how to begin.
    """

    hint: str
    first_row: date | None
    before: Mapping[Segment, int] | None
    words: str


def fill(book: Book, summary: Summary, stored: Stored) -> bool:
    """Write what the formulas show on the day, and the sentence with all it was written for.

    Returns False if the workbook has no such block.
    """
    before = stored.before
    book.write_block(FIGURES, [[*_figures(summary, segment), before[segment] if before else None] for segment in ORDER])
    checks = _checks(summary)
    values: list[Value] = [
        _key(summary), stored.words, stored.hint or None, stored.first_row,
        summary.size, summary.clients(INACTIVE), summary.clients(ENGAGED), summary.tilt, summary.tilt_by_value,
        *checks, summary.shape.value, summary.won, _key(summary), stored.words, 0, False,
    ]  # fmt: skip
    return book.write_block(CELLS, [[value] for value in values])


def _figures(summary: Summary, segment: Segment) -> list[Value]:
    return [
        summary.counts[segment], summary.values[segment], summary.share(segment), summary.share_of_value(segment),
    ]  # fmt: skip


def _checks(summary: Summary) -> list[bool]:
    """The three checks, also of a portfolio without clients, for which none is shown."""
    if summary.checks:
        return [check.passed for check in summary.checks]
    return [False, True, False]


def _key(summary: Summary) -> str:
    """What the sentence was written for, as the formula puts it together."""
    rules: Rules = summary.rules
    numbers = [
        rules.active_months, rules.sleeping_months, rules.horizon_months, rules.lifespan_days, rules.leaving_days,
        round(rules.inaccurate_share * 1_000_000),
    ]  # fmt: skip
    counts = [summary.counts[segment] for segment in ORDER]
    return "|".join(map(str, [*counts, summary.shape.value, *numbers, "" if summary.won is None else summary.won]))
