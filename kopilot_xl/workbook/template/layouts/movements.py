"""The layout of the sheet Movements in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.segments import WORST_TO_BEST
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.movements import (
    _READING,
    BEFORE,
    BLOCKS,
    FIRST_WORDS,
    FROM,
    LISTS,
    MATRIX,
    NOTE,
    PLACES,
    TO,
    TOTALS,
    _mark,
    is_better,
    segment_name,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the totals and the matrix above, the two lists below them."""
    from kopilot_xl.workbook.template import styles

    ws.sheet_view.showGridLines = False
    for table, corner in PLACES.items():
        styles.put_table(ws, table, corner)
        for column in (FROM, TO):
            cells = styles.down(table, column, corner)
            styles.tint_segments(ws, cells, cells.partition(":")[0])
    ws.column_dimensions["F"].width = 3
    head = styles.font(size=16, bold=True, color=palette.ACCENT)
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 16
    styles.put(ws, "A1:P1", FIRST_WORDS, text_font=head)
    for column in ws["A2:P2"][0]:
        column.border = styles.edge(top=palette.ACCENT)
    styles.name(ws, NOTE, "A1")
    _build_totals(ws)
    _build_matrix(ws)
    for table, corner in PLACES.items():
        mark, heading = LISTS[table]
        styles.put(
            ws, f"{corner[0]}18", f"{mark} {heading}", text_font=styles.font(size=14, bold=True, color=palette.ACCENT)
        )
    ws.row_dimensions[17].height, ws.row_dimensions[18].height = 10, 24
    styles.page(ws, across=True)


def _build_totals(ws: Worksheet) -> None:
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(bold=True, color=palette.MUTED)
    line = styles.edge(bottom=palette.LINE)
    for letter, header in zip("ABCD", ("", "", "Clients", "Value"), strict=True):
        side = styles.align("right" if header else "left", "bottom")
        spot = "D4:E4" if letter == "D" else f"{letter}4"
        styles.put(ws, spot, header or None, text_font=quiet, alignment=side, lines=line)
    labels = [*(" ".join(each) for each in LISTS.values()), "Stayed where they were"]
    for row, label in enumerate(labels, 5):
        ws.row_dimensions[row].height = 18
        bold = styles.font(size=12, bold=True) if row < 7 else styles.font(color=palette.MUTED)
        tint = (palette.BETTER_TINT, palette.WORSE_TINT, palette.BAND)[row - 5]
        for letter, shown in zip("ABCD", (Format.TEXT, Format.TEXT, Format.COUNT, Format.AMOUNT), strict=True):
            side = styles.align("right" if letter in "CD" else "left", indent=int(letter == "A"))
            text = label if letter == "A" else None
            spot = f"D{row}:E{row}" if letter == "D" else f"{letter}{row}"
            styles.put(ws, spot, text, text_font=bold, alignment=side, shown=shown, background=tint)
    styles.put(
        ws,
        "A9:E13",
        _READING,
        text_font=styles.font(color=palette.MUTED),
        alignment=styles.align(vertical="top", wrap=True),
    )
    styles.name(ws, TOTALS, "C5", *BLOCKS[TOTALS])


def _build_matrix(ws: Worksheet) -> None:
    """From H on: the label of each row stands over the Client column of the table Worse."""
    from kopilot_xl.workbook.template import styles

    quiet = styles.font(bold=True, color=palette.MUTED)
    top, letters = 5, "IJKLMNOP"
    for letter in letters:
        ws.column_dimensions[letter].width = 15
    styles.put(
        ws, "H4", "before ↓", text_font=styles.font(color=palette.MUTED), alignment=styles.align("right", indent=1)
    )
    styles.put(ws, "I4:P4", "now →", text_font=styles.font(color=palette.MUTED), alignment=styles.align(indent=1))
    for letter, now in zip(letters, WORST_TO_BEST, strict=True):
        styles.put(
            ws, f"{letter}{top}", segment_name(now), text_font=quiet, alignment=styles.align("center"),
            background=palette.TINTS[now],
        )  # fmt: skip
    for row, was in enumerate(BEFORE, top + 1):
        ws.row_dimensions[row].height = 18
        tint = palette.TINTS[was] if was else palette.BAND
        styles.put(
            ws,
            f"H{row}",
            segment_name(was),
            text_font=quiet,
            alignment=styles.align("right", indent=1),
            background=tint,
        )
        for letter, now in zip(letters, WORST_TO_BEST, strict=True):
            cell = f"{letter}{row}"
            stayed, better = was is now, is_better(was, now)
            styles.put(
                ws, cell, text_font=styles.font(color=palette.MUTED) if stayed else styles.font(bold=True),
                alignment=styles.align("center"), lines=styles.edge(bottom=palette.LINE),
                background=palette.BAND if stayed else None,
            )  # fmt: skip
            ws[cell].number_format = Format.COUNT.value if stayed else f'"{_mark(better)} "{Format.COUNT.value}'
            if not stayed:
                tint = palette.BETTER_TINT if better else palette.WORSE_TINT
                styles.when(ws, cell, f"{cell}>0", background=tint)
    styles.name(ws, MATRIX, f"I{top + 1}", *BLOCKS[MATRIX])
