"""The layout of the hidden sheet of facts in a new workbook of the macro-free edition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.sheets.facts import (
    ADVICE,
    CELLS,
    FACTS_DAY,
    FORMULAS,
    HOLD,
    NOT_PINNED,
    PINNED,
    SEGMENTS,
    VALUES,
    advice,
)
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the named cells, values before formulas; and what each segment asks for."""
    from kopilot_xl.workbook.template import styles

    styles.widths(ws, (22, 16, 4, 16, 90))
    names = (*VALUES, *FORMULAS)
    for row, name in enumerate(names, 1):
        formula = FORMULAS.get(name)
        is_day = name == FACTS_DAY or (formula is not None and not name.endswith("Now") and name != HOLD)
        styles.put(ws, f"A{row}", name)
        styles.put(ws, f"B{row}", f"={formula}" if formula else None, shown=Format.DATE if is_day else Format.TEXT)
        styles.name(ws, name, f"B{row}")
    ws[f"B{names.index(PINNED) + 1}"].value = NOT_PINNED
    styles.name(ws, CELLS, "B1", len(names))
    for row, (segment, text) in enumerate(advice(), 1):
        styles.put(ws, f"D{row}", segment)
        styles.put(ws, f"E{row}", text)
    styles.name(ws, SEGMENTS, "D1", len(advice()))
    styles.name(ws, ADVICE, "E1", len(advice()))
