"""The hidden sheet of the macro-free edition: the day its facts are of, and the dates its formulas compare with.

A workbook without macros tells each client's segment by formulas over facts that a refresh stores. What all of those
formulas share is here: the refresh's day, the day looked at, the settings and the dates they give on that day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime

from kopilot_xl.domain import formatting
from kopilot_xl.domain.rules import CutOffs, Rules
from kopilot_xl.domain.segments import Segment
from kopilot_xl.errors import MissingError
from kopilot_xl.workbook.book import Book, Readable, Value
from kopilot_xl.workbook.sheets import settings
from kopilot_xl.workbook.sheets.clients import TABLE
from kopilot_xl.workbook.tables.parsing import is_blank
from kopilot_xl.workbook.tables.table import same_name

SHEET = "_Facts"
FACTS_OF = "facts of"
"""The heading, in small letters, of a column of Clients that only this edition has."""

FACTS_DAY, FACTS_DAY_WORDS, FACTS_DAY_SHORT, PINNED = "FactsDay", "FactsDayWords", "FactsDayShort", "FactsPinned"
DAY, HOLD = "PortfolioDay", "FactsHold"
ACTIVE_SINCE, SLEEPING_AWAY_SINCE, HIBERNATING_SINCE = "ActiveSince", "SleepingAwaySince", "HibernatingSince"
LEAVING_SINCE, CREATED_SINCE, HORIZON_END = "LeavingSince", "CreatedSince", "HorizonEnd"
SEGMENTS, ADVICE = "SegmentNames", "SegmentAdvice"
KNOWN = "ClientsKnown"
"""How many rows of Clients had facts at the last refresh."""
CELLS = "FactsCells"
"""The named block of all values and formulas that a refresh writes, from top to bottom."""

NOT_PINNED = -1
"""In the pinned cell: the day looked at is the as-of date of Settings, or today."""


def now(setting: settings.Setting) -> str:
    """Return the name of the cell with what a setting means now: its default where it is blank."""
    return f"{setting.name}Now"


def read_as(setting: settings.Setting) -> str:
    """Return the name of the cell with what the last refresh read in a setting."""
    return f"{setting.name}Read"


_ACTIVE, _SLEEPING, _HORIZON, _LIFESPAN, _LEAVING, _INACCURATE = map(now, settings.NUMBERS)
_AS_OF = settings.AS_OF.name


def _setting(setting: settings.Setting) -> str:
    """The formula of what a setting means now; a text is what the last refresh read in it."""
    name = setting.name
    return f'IF(ISNUMBER({name}),{name},IF(TRIM({name})="",{setting.default},{read_as(setting)}))'


_WHOLE = "*".join(f"(INT({name})={name})" for name in (_ACTIVE, _SLEEPING, _HORIZON, _LIFESPAN, _LEAVING))

FORMULAS: dict[str, str] = {
    **{now(setting): _setting(setting) for setting in settings.NUMBERS},
    # The day of the last refresh is the earliest that the facts can tell of.
    DAY: f"IF(INT(N({_AS_OF}))={PINNED},{FACTS_DAY},MAX({FACTS_DAY},IF(N({_AS_OF})>0,INT({_AS_OF}),TODAY())))",
    HOLD: (
        f"AND(N({FACTS_DAY})>0,{_WHOLE}=1,0<{_ACTIVE},{_ACTIVE}<{_SLEEPING},{_SLEEPING}*31<={_LIFESPAN}-{_LEAVING},"
        f"0<{_LEAVING},{_LIFESPAN}<=3650,0<{_HORIZON},{_HORIZON}<=120,0<{_INACCURATE},{_INACCURATE}<=1)"
    ),
    ACTIVE_SINCE: f"EDATE({DAY},-{_ACTIVE})",
    SLEEPING_AWAY_SINCE: f"EDATE({DAY},-{_SLEEPING})",
    HIBERNATING_SINCE: f"{DAY}-({_LIFESPAN}-{_LEAVING})",
    LEAVING_SINCE: f"{DAY}-{_LIFESPAN}",
    CREATED_SINCE: f"{DAY}-({_LIFESPAN}-1)",
    HORIZON_END: f"EDATE({DAY},{_HORIZON})",
}
"""The formulas of the sheet by the names of their cells; the dates are those of `CutOffs`."""

VALUES = (FACTS_DAY, FACTS_DAY_WORDS, FACTS_DAY_SHORT, PINNED, KNOWN, *map(read_as, settings.NUMBERS))
"""The names of the cells that a refresh writes values into, from the top."""


def is_macro_free(book: Readable) -> bool:
    """Tell whether a workbook is of the macro-free edition: its segments are formulas over facts."""
    return has_sheet(book) or (
        book.has_table(TABLE.name) and FACTS_OF in map(same_name, book.table(TABLE.name).headers)
    )


def has_sheet(book: Readable) -> bool:
    """Tell whether a workbook has the sheet of facts, whatever it is called."""
    try:
        book.cell_address(FACTS_DAY)
    except MissingError:
        return False
    return True


def fill(book: Book, rules: Rules, as_of: date, today: date, known: int) -> bool:
    """Write the day of a refresh and what follows from it; False if the workbook is not of this edition.

    Args:
        book: where to.
        rules: the thresholds as they were read.
        as_of: the day of the refresh.
        today: what counts as today.
        known: how many rows of Clients have facts.
    """
    if not has_sheet(book):
        return False
    return book.write_block(CELLS, [[value] for value in _cells(rules, as_of, _pinned(book, as_of, today), known)])


def _cells(rules: Rules, as_of: date, pinned: Value, known: int) -> Sequence[Value]:
    """What the cells show, from the top: the values, then what the formulas give on the day itself."""
    cut, numbers = CutOffs.at(as_of, rules), astuple(rules)
    return [
        as_of, formatting.day(as_of), formatting.short_day(as_of), pinned, known, *numbers,
        *numbers, as_of, True,
        cut.active, cut.sleeping_away, cut.hibernating, cut.leaving, cut.created, cut.horizon,
    ]  # fmt: skip


def _pinned(book: Book, as_of: date, today: date) -> Value:
    """What As of of Settings holds while the page is of another day: it stays so until that cell changes.

    A refresh given another day looks at that one; so the formulas have to as well, until the next refresh.
    """
    setting = book.cell(_AS_OF)
    if isinstance(setting, datetime):
        setting = setting.date()
    if isinstance(setting, date) or is_blank(setting):
        followed = (setting or today) == as_of
        return NOT_PINNED if followed else setting or 0
    if isinstance(setting, int | float) and not isinstance(setting, bool):
        return math.floor(setting)
    return 0  # a formula reads no text as a date


def advice() -> list[tuple[Segment, str]]:
    """Return each segment and what to do about a client of it."""
    return [(segment, segment.advice) for segment in Segment]
