"""The layout of the hidden sheet History in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.segments import BARS
from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.history import (
    _HEADER_ROW,
    _TOP,
    CORNER,
    REACH,
    TABLE,
    TREND,
    TREND_COLUMNS,
    TREND_DATES,
    WORDS,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the table of dates, beside it the last of them."""
    from openpyxl.utils import get_column_letter

    from kopilot_xl.workbook.template import styles

    styles.put_table(ws, TABLE, CORNER)
    quiet, small = styles.font(color=palette.MUTED), styles.font(size=8, color=palette.MUTED)
    styles.put(ws, "A1", WORDS, text_font=quiet)
    for row in range(_TOP, _HEADER_ROW):
        ws.row_dimensions[row].height = 13.5
    left = len(TABLE.columns) + 2
    ws.column_dimensions[get_column_letter(left - 1)].width = 3
    words = "The last dates, the earliest first, written by refresh."
    styles.put(ws, f"{get_column_letter(left)}{_TOP - 1}", words, text_font=quiet)
    styles.put(ws, f"{get_column_letter(left)}1", shown=Format.UNSEEN)
    styles.name(ws, REACH, f"{get_column_letter(left)}1")
    formats = (Format.DATE, *(Format.COUNT for _ in BARS), Format.TILT)
    for at, (header, shown) in enumerate(zip(TREND_COLUMNS, formats, strict=True)):
        letter = get_column_letter(left + at)
        side = styles.align("left" if at == 0 else "right")
        ws.column_dimensions[letter].width = 14
        styles.put(
            ws, f"{letter}{_HEADER_ROW}", header, text_font=styles.font(bold=True, color=palette.MUTED), alignment=side,
            background=palette.BAND,
        )  # fmt: skip
        for row in range(_TOP, _HEADER_ROW):
            styles.put(ws, f"{letter}{row}", text_font=small, alignment=side, shown=shown)
    styles.name(ws, TREND, f"{get_column_letter(left)}{_TOP}", TREND_DATES, len(TREND_COLUMNS))
    styles.page(ws, across=True)
    ws.print_area = f"A1:{get_column_letter(len(TABLE.columns))}{styles.LAST_ROW}"
    ws.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
