"""Who moved from which segment to which since the refresh before, in figures: blocks in hidden columns of Trend.

Workbooks of earlier versions have a sheet Movements with the same blocks and two lists of the clients.
"""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.domain import formatting
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.segments import WORST_TO_BEST, Segment
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.book import Book, Value
from kopilot_xl.workbook.tables.table import Column, Format, Table
from kopilot_xl.workbook.tables.text_width import fitting, fitting_smaller

SHEET = "Movements"

NOTE, MATRIX, TOTALS = "MovementsNote", "MovementsMatrix", "MovementsTotals"

BEFORE: tuple[Segment | None, ...] = (None, *WORST_TO_BEST)
"""The rows of the matrix: where clients stood before. The columns are `WORST_TO_BEST`: where they are now."""
JOINED = "not yet a client"
"""What a client was called before it was one."""

BLOCKS: dict[str, tuple[int, int]] = {NOTE: (1, 1), MATRIX: (len(BEFORE), len(WORST_TO_BEST)), TOTALS: (3, 2)}
"""The named blocks and their size in rows and columns."""

CLIENT_ID = Column("Client ID", width=12, written=True, shrink=True)
NAME = Column("Client", width=28, written=True)
FROM = Column("From", width=15, written=True)
TO = Column("To", width=15, written=True)
VALUE = Column("Value", Format.AMOUNT, width=15, written=True)

BETTER = Table("Better", (CLIENT_ID, NAME, FROM, TO, VALUE))
WORSE = Table("Worse", (CLIENT_ID, NAME, FROM, TO, VALUE))
"""Two tables side by side on an older sheet."""

FIRST_WORDS = "Not refreshed yet: the second refresh tells who moved, and from where to where."
"""The headline until the first refresh."""


def fill(book: Book, moved: Movements | None) -> None:
    """Write the matrix and the two lists; blank where there is no earlier day."""
    book.write_block(NOTE, [[note(moved)]])
    matrix = moved.matrix if moved else {}
    book.write_block(MATRIX, [[matrix.get((was, now)) for now in WORST_TO_BEST] for was in BEFORE])
    book.write_block(TOTALS, _totals(moved) if moved else [])
    for table, moves in ((BETTER, moved.better if moved else []), (WORSE, moved.worse if moved else [])):
        if book.has_table(table.name):
            book.write_table(table.name, _columns(moves))


def note(moved: Movements | None) -> str:
    """Return the sentence about the days that are compared."""
    if moved is None:
        return t("There is no earlier date to compare with yet: refresh again on another day.")
    text = t(
        "From {since} to {day}: {better} better, {worse} worse.",
        since=formatting.day(moved.earlier.since),
        day=formatting.day(moved.as_of),
        better=tn("{count:,} client", "{count:,} clients", len(moved.better)),
        worse=tn("{count:,} client", "{count:,} clients", len(moved.worse)),
    )
    if moved.earlier.reconstructed:
        text += t(" The earlier day is reconstructed from today's rows.")
    return text


def segment_name(segment: Segment | None) -> str:
    """Return the name of a segment, or what to call a client without one: it was not yet a client."""
    return segment.value if segment else JOINED


def _totals(moved: Movements) -> list[list[Value]]:
    """How many moved for the better, for the worse and not at all, and what those who moved are worth."""
    sums: list[list[Value]] = [
        [len(moves), sum(move.client.weight for move in moves)] for moves in (moved.better, moved.worse)
    ]
    return [*sums, [moved.stayed, None]]


def _columns(moves: Sequence[Move]) -> dict[str, list[Value]]:
    return {
        CLIENT_ID.header: [fitting_smaller(move.client.id, CLIENT_ID.width) for move in moves],
        NAME.header: [fitting(move.client.name, NAME.width) for move in moves],
        FROM.header: [segment_name(move.before) for move in moves],
        TO.header: [segment_name(move.after) for move in moves],
        VALUE.header: [move.client.value for move in moves],
    }


def _mark(better: bool) -> str:
    return "▲" if better else "▼"


LISTS = {BETTER: (_mark(better=True), "For the better"), WORSE: (_mark(better=False), "For the worse")}
"""The mark and the heading of each list."""
