"""The Movements sheet: who moved from which segment to which since the refresh before."""

from __future__ import annotations

from collections.abc import Sequence

from kopilot_xl.book import Book, Value
from kopilot_xl.domain import words
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.segments import STANDING, Segment
from kopilot_xl.sheets.table import Column, Format, Table

SHEET = "Movements"

NOTE, MATRIX = "MovementsNote", "MovementsMatrix"

BEFORE: tuple[Segment | None, ...] = (None, *STANDING)
"""The rows of the matrix: where clients stood before. The columns are `STANDING`: where they stand now."""
JOINED = "not yet a client"
"""What a client was called before it was one."""

BLOCKS: dict[str, tuple[int, int]] = {NOTE: (1, 1), MATRIX: (len(BEFORE), len(STANDING))}
"""The named blocks and their size in rows and columns."""

CLIENT_ID = Column("Client ID", width=12, written=True)
NAME = Column("Client", width=28, written=True)
FROM = Column("From", width=16, written=True)
TO = Column("To", width=16, written=True)
VALUE = Column("Value", Format.AMOUNT, width=12, written=True)

BETTER = Table("Better", (CLIENT_ID, NAME, FROM, TO, VALUE))
WORSE = Table("Worse", (CLIENT_ID, NAME, FROM, TO, VALUE))
"""Two tables side by side on this sheet, so that each grows by itself."""


def fill(book: Book, moved: Movements | None) -> None:
    """Write the matrix and the two lists; blank where there is no earlier day."""
    book.write_block(NOTE, [[note(moved)]])
    matrix = moved.matrix if moved else {}
    book.write_block(MATRIX, [[matrix.get((was, now)) for now in STANDING] for was in BEFORE])
    for table, moves in ((BETTER, moved.better if moved else []), (WORSE, moved.worse if moved else [])):
        if book.has_table(table.name):
            book.write_table(table.name, _columns(moves))


def note(moved: Movements | None) -> str:
    """Return the sentence that tells which days are compared."""
    if moved is None:
        return "There is no earlier date to compare with yet: refresh again on another day."
    days = f"From {words.day(moved.earlier.since)} to {words.day(moved.as_of)}"
    told = (
        f"{days}: {words.count(len(moved.better), 'client')} better, {words.count(len(moved.worse), 'client')} worse."
    )
    if moved.earlier.reconstructed:
        told += " The earlier day is reconstructed from today's rows."
    return told


def place(segment: Segment | None) -> str:
    """Return the name of where a client stood or stands."""
    return segment.value if segment else JOINED


def _columns(moves: Sequence[Move]) -> dict[str, list[Value]]:
    return {
        CLIENT_ID.header: [each.client.id for each in moves],
        NAME.header: [each.client.name for each in moves],
        FROM.header: [place(each.before) for each in moves],
        TO.header: [place(each.after) for each in moves],
        VALUE.header: [each.client.value for each in moves],
    }
