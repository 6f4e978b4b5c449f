"""The layout of the sheet Settings in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.sheets.settings import (
    ALL,
    AS_OF,
    COMPANY,
    DATE_ORDER,
    NUMBERS,
    SHEET,
    Setting,
)
from kopilot_xl.workbook.tables.parsing import DateOrder
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: one line per setting, its value in a cell of the setting's name."""
    from kopilot_xl.workbook.sheets import palette
    from kopilot_xl.workbook.template import styles

    quiet, heading = styles.font(color=palette.MUTED), styles.font(bold=True, color=palette.ACCENT)
    ws.sheet_view.showGridLines = False
    styles.widths(ws, (3, 20, 34, 18, 96, 12))
    styles.put(ws, "B1", SHEET, text_font=styles.font(size=18, bold=True, color=palette.ACCENT))
    styles.put(ws, "B2", "Write in the framed cells. A blank one means its default.", text_font=quiet)
    ws.row_dimensions[1].height = 32
    row = 4
    others = tuple(each for each in ALL if each not in NUMBERS)
    for title, group in (("The workbook", others), ("Where one segment ends and the next begins", NUMBERS)):
        for letter, text in zip("BCDEF", (title, None, None, None, "Default"), strict=True):
            side = styles.align("right" if letter == "F" else "left")
            styles.put(
                ws, f"{letter}{row}", text, text_font=heading, alignment=side, lines=styles.edge(bottom=palette.ACCENT)
            )
        for setting in group:
            row += 1
            shown_as = _shown_as(setting)
            ws.row_dimensions[row].height = 30 if setting is COMPANY else 18
            styles.put(ws, f"B{row}", setting.label, text_font=styles.font(bold=True))
            place = f"C{row}:D{row}" if setting is COMPANY else f"C{row}"  # a name of two lines has no unit
            styles.put_input(ws, place, setting.default, shown_as, wrap=setting is COMPANY)
            if setting is not COMPANY:
                styles.put(ws, f"D{row}", setting.unit or None, text_font=quiet, alignment=styles.align(indent=1))
            styles.put(ws, f"E{row}", setting.explanation, text_font=quiet, alignment=styles.align(indent=1))
            default = "today" if setting is AS_OF else setting.default
            styles.put(ws, f"F{row}", default, text_font=quiet, alignment=styles.align("right"), shown=shown_as)
            styles.name(ws, setting.name, f"C{row}")
            if setting is DATE_ORDER:
                styles.choices(ws, f"C{row}", styles.listed(DateOrder))
            elif setting in NUMBERS:
                styles.number_only(ws, f"C{row}", setting.label, whole=isinstance(setting.default, int))
        row += 2
    styles.page(ws)


def _shown_as(setting: Setting) -> Format:
    if setting is AS_OF:
        return Format.DATE
    return Format.SHARE if isinstance(setting.default, float) else Format.TEXT
