"""The layout of the sheet If nobody acts in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.segments import BARS
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.outlook import (
    BLOCKS,
    COLUMNS,
    CORNER,
    DATES,
    DEPARTURES,
    FIRST_WORDS,
    LEAVING_ROWS,
    NOBODY,
    NOBODY_LEAVING,
    NOTE,
    PLANS,
    PLANS_DATES,
    PLANS_LEAVING,
    REACHES,
    SEGMENT,
    VARIANTS,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


_HEIGHT = 14
"""Sheet rows from one histogram to the next."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: both histograms with their charts above, who leaves when below them."""
    from kopilot_xl.workbook.template import styles

    ws.sheet_view.showGridLines = False
    styles.put_table(ws, DEPARTURES, CORNER)
    cells = styles.down(DEPARTURES, SEGMENT, CORNER)
    styles.tint_segments(ws, cells, cells.partition(":")[0])
    for letter in "HIJ":
        ws.column_dimensions[letter].width = 15
    ws.column_dimensions["K"].width = 3
    for letter in "LMNOP":
        ws.column_dimensions[letter].width = 15
    ws.row_dimensions[1].height, ws.row_dimensions[2].height = 30, 8
    styles.put(ws, "A1:P1", FIRST_WORDS, text_font=styles.font(size=16, bold=True, color=palette.ACCENT))
    for column in ws["A2:P2"][0]:
        column.border = styles.edge(top=palette.ACCENT)
    styles.name(ws, NOTE, "A1")
    for top, blocks in ((3, (DATES, NOBODY, NOBODY_LEAVING)), (3 + _HEIGHT, (PLANS_DATES, PLANS, PLANS_LEAVING))):
        _build_variant(ws, top, *blocks)
    top = int(CORNER[1:])
    ws.row_dimensions[top - 1].height = 24
    heading = styles.font(size=14, bold=True, color=palette.ACCENT)
    styles.put(ws, f"A{top - 1}", "Who leaves when, if nobody acts", text_font=heading)
    styles.page(ws, across=True)
    ws.print_title_rows = f"{top}:{top}"


def _build_variant(ws: Worksheet, top: int, dates: str, bars: str, leaving: str) -> None:
    """Lay out one histogram from a row on: its words to the left, its chart to the right."""
    from kopilot_xl.workbook.template import charts, styles

    heading, assumption = VARIANTS[bars]
    quiet, bold = styles.font(color=palette.MUTED), styles.font(bold=True, color=palette.MUTED)
    styles.put(ws, f"A{top}:C{top}", heading, text_font=styles.font(size=14, bold=True, color=palette.ACCENT))
    ws.row_dimensions[top].height = 22
    styles.put(
        ws, f"A{top + 1}:B{top + 6}", assumption, text_font=quiet, alignment=styles.align(vertical="top", wrap=True)
    )
    letters = "EFGHIJ"
    styles.put(ws, f"D{top}", "Clients", text_font=bold, alignment=styles.align("left", "bottom"))
    for letter, header in zip(letters, COLUMNS, strict=True):
        styles.put(ws, f"{letter}{top}", header, text_font=bold, alignment=styles.align("right", "bottom"))
    first = top + 2
    for letter in "D" + letters:
        styles.put(
            ws, f"{letter}{top + 1}", text_font=quiet, alignment=styles.align("right"), shown=Format.DATE,
            lines=styles.edge(bottom=palette.LINE),
        )  # fmt: skip
    for row, segment in enumerate(BARS, first):
        styles.put(ws, f"D{row}", segment, alignment=styles.align(indent=1), background=palette.TINTS[segment])
        for letter in letters:
            styles.put(ws, f"{letter}{row}", alignment=styles.align("right"), shown=Format.COUNT)
    below = first + len(BARS)
    for row, (label, shown) in enumerate(
        zip(LEAVING_ROWS, (Format.COUNT, Format.AMOUNT, Format.SHARE), strict=True), below
    ):
        line = styles.edge(top=palette.INK) if row == below else None
        for letter in "D" + letters:
            side = styles.align("left", indent=1) if letter == "D" else styles.align("right")
            text = label if letter == "D" else None
            styles.put(
                ws, f"{letter}{row}", text, text_font=styles.font(bold=True), alignment=side, shown=shown, lines=line
            )
    styles.name(ws, bars, f"E{first}", *BLOCKS[bars])
    styles.name(ws, leaving, f"E{below}", *BLOCKS[leaving])
    styles.name(ws, dates, f"E{top + 1}", *BLOCKS[dates])
    charts.ahead(ws, "D", top, first, len(COLUMNS), ("L", top + 1), ("P", below + len(LEAVING_ROWS) - 1), REACHES[bars])
    charts.words_until(ws, f"L{first + 3}:O{first + 3}", charts.EMPTY_WORDS, f"SUM($E${first + 1}:$J${below - 1})>0")
