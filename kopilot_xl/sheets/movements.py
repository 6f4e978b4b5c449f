"""The Movements sheet: who moved from which segment to which since the refresh before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kopilot_xl.book import Book, Value
from kopilot_xl.domain import words
from kopilot_xl.domain.movements import Move, Movements
from kopilot_xl.domain.segments import STANDING, Segment
from kopilot_xl.sheets import palette
from kopilot_xl.sheets.table import Column, Format, Table
from kopilot_xl.sheets.values import fitting, fitting_smaller

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "Movements"

NOTE, MATRIX, TOTALS = "MovementsNote", "MovementsMatrix", "MovementsTotals"

BEFORE: tuple[Segment | None, ...] = (None, *STANDING)
"""The rows of the matrix: where clients stood before. The columns are `STANDING`: where they stand now."""
JOINED = "not yet a client"
"""What a client was called before it was one."""

BLOCKS: dict[str, tuple[int, int]] = {NOTE: (1, 1), MATRIX: (len(BEFORE), len(STANDING)), TOTALS: (3, 2)}
"""The named blocks and their size in rows and columns."""

CLIENT_ID = Column("Client ID", width=12, written=True, shrink=True)
NAME = Column("Client", width=28, written=True)
FROM = Column("From", width=15, written=True)
TO = Column("To", width=15, written=True)
VALUE = Column("Value", Format.AMOUNT, width=15, written=True)

BETTER = Table("Better", (CLIENT_ID, NAME, FROM, TO, VALUE))
WORSE = Table("Worse", (CLIENT_ID, NAME, FROM, TO, VALUE))
"""Two tables side by side on this sheet, so that each grows by itself."""

PLACES = {BETTER: "A19", WORSE: "G19"}
"""The corner of each table; nothing stands below them."""

FIRST_WORDS = "Not refreshed yet: the second refresh tells who moved, and from where to where."
"""What stands in the headline until the first refresh."""


def fill(book: Book, moved: Movements | None) -> None:
    """Write the matrix and the two lists; blank where there is no earlier day."""
    book.write_block(NOTE, [[note(moved)]])
    matrix = moved.matrix if moved else {}
    book.write_block(MATRIX, [[matrix.get((was, now)) for now in STANDING] for was in BEFORE])
    book.write_block(TOTALS, _totals(moved) if moved else [])
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


def is_better(before: Segment | None, after: Segment) -> bool:
    """Tell whether a move from one cell of the matrix's rows to one of its columns is for the better."""
    return before is None or STANDING.index(after) > STANDING.index(before)


def _totals(moved: Movements) -> list[list[Value]]:
    """How many moved for the better, for the worse and not at all, and what those who moved are worth."""
    sums: list[list[Value]] = [
        [len(each), sum(move.client.weight for move in each)] for each in (moved.better, moved.worse)
    ]
    return [*sums, [moved.stayed, None]]


def _columns(moves: Sequence[Move]) -> dict[str, list[Value]]:
    return {
        CLIENT_ID.header: [fitting_smaller(each.client.id, CLIENT_ID.width) for each in moves],
        NAME.header: [fitting(each.client.name, NAME.width) for each in moves],
        FROM.header: [place(each.before) for each in moves],
        TO.header: [place(each.after) for each in moves],
        VALUE.header: [each.client.value for each in moves],
    }


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the totals and the matrix above, the two lists below them."""
    from kopilot_xl.sheets import looks

    ws.sheet_view.showGridLines = False
    for table, corner in PLACES.items():
        looks.put_table(ws, table, corner)
        for column in (FROM, TO):
            cells = looks.down(table, column, corner)
            looks.tint_segments(ws, cells, cells.partition(":")[0])
    ws.column_dimensions["F"].width = 3
    head = looks.font(size=16, bold=True, color=palette.ACCENT)
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 16
    looks.put(ws, "A1:P1", FIRST_WORDS, look=head)
    for column in ws["A2:P2"][0]:
        column.border = looks.edge(top=palette.ACCENT)
    looks.name(ws, NOTE, "A1")
    _build_totals(ws)
    _build_matrix(ws)
    for table, corner in PLACES.items():
        mark, heading = LISTS[table]
        looks.put(ws, f"{corner[0]}18", f"{mark} {heading}", look=looks.font(size=14, bold=True, color=palette.ACCENT))
    ws.row_dimensions[17].height, ws.row_dimensions[18].height = 10, 24
    looks.page(ws, across=True)


def _mark(better: bool) -> str:
    return "▲" if better else "▼"


LISTS = {BETTER: (_mark(better=True), "For the better"), WORSE: (_mark(better=False), "For the worse")}
"""The mark and the heading of each list."""
_READING = (
    "In the table to the right a row is where clients stood before, a column where they stand now. ▲ is a move for the "
    "better, ▼ one for the worse; on the grey diagonal are those that stayed. The lists below name them, the most "
    "valuable first."
)


def _build_totals(ws: Worksheet) -> None:
    from kopilot_xl.sheets import looks

    quiet = looks.font(bold=True, color=palette.MUTED)
    line = looks.edge(bottom=palette.LINE)
    for letter, header in zip("ABCD", ("", "", "Clients", "Value"), strict=True):
        side = looks.align("right" if header else "left", "bottom")
        spot = "D4:E4" if letter == "D" else f"{letter}4"
        looks.put(ws, spot, header or None, look=quiet, stand=side, lines=line)
    labels = [*(" ".join(each) for each in LISTS.values()), "Stayed where they were"]
    for row, label in enumerate(labels, 5):
        ws.row_dimensions[row].height = 18
        bold = looks.font(size=12, bold=True) if row < 7 else looks.font(color=palette.MUTED)
        tint = (palette.BETTER_TINT, palette.WORSE_TINT, palette.BAND)[row - 5]
        for letter, shown in zip("ABCD", (Format.TEXT, Format.TEXT, Format.COUNT, Format.AMOUNT), strict=True):
            side = looks.align("right" if letter in "CD" else "left", indent=int(letter == "A"))
            text = label if letter == "A" else None
            spot = f"D{row}:E{row}" if letter == "D" else f"{letter}{row}"
            looks.put(ws, spot, text, look=bold, stand=side, shown=shown, background=tint)
    looks.put(
        ws, "A9:E13", _READING, look=looks.font(color=palette.MUTED), stand=looks.align(vertical="top", wrap=True)
    )  # fmt: skip
    looks.name(ws, TOTALS, "C5", *BLOCKS[TOTALS])


def _build_matrix(ws: Worksheet) -> None:
    """From H on: the label of each row stands over the Client column of the table Worse."""
    from kopilot_xl.sheets import looks

    quiet = looks.font(bold=True, color=palette.MUTED)
    top, letters = 5, "IJKLMNOP"
    for letter in letters:
        ws.column_dimensions[letter].width = 15
    looks.put(ws, "H4", "before ↓", look=looks.font(color=palette.MUTED), stand=looks.align("right", indent=1))
    looks.put(ws, "I4:P4", "now →", look=looks.font(color=palette.MUTED), stand=looks.align(indent=1))
    for letter, now in zip(letters, STANDING, strict=True):
        looks.put(
            ws, f"{letter}{top}", place(now), look=quiet, stand=looks.align("center"), background=palette.TINTS[now],
        )  # fmt: skip
    for row, was in enumerate(BEFORE, top + 1):
        ws.row_dimensions[row].height = 18
        tint = palette.TINTS[was] if was else palette.BAND
        looks.put(ws, f"H{row}", place(was), look=quiet, stand=looks.align("right", indent=1), background=tint)
        for letter, now in zip(letters, STANDING, strict=True):
            cell = f"{letter}{row}"
            stayed, better = was is now, is_better(was, now)
            looks.put(
                ws, cell, look=looks.font(color=palette.MUTED) if stayed else looks.font(bold=True),
                stand=looks.align("center"), lines=looks.edge(bottom=palette.LINE),
                background=palette.BAND if stayed else None,
            )  # fmt: skip
            ws[cell].number_format = Format.COUNT.value if stayed else f'"{_mark(better)} "{Format.COUNT.value}'
            if not stayed:
                tint = palette.BETTER_TINT if better else palette.WORSE_TINT
                looks.when(ws, cell, f"{cell}>0", background=tint)
    looks.name(ws, MATRIX, f"I{top + 1}", *BLOCKS[MATRIX])
