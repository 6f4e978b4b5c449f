"""The layout of the sheet Problems in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.sheets import palette
from kopilot_xl.workbook.sheets.problems import GO_TO, KIND, TABLE
from kopilot_xl.workbook.tables.problems import Kind

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: a problem stands out from a notice."""
    from kopilot_xl.workbook.template import styles

    styles.lay_out(ws, TABLE)
    cells = styles.down(TABLE, KIND)
    styles.link(ws, styles.down(TABLE, GO_TO))
    styles.when(ws, cells, f'{cells.partition(":")[0]}="{Kind.PROBLEM}"', color=palette.ALERT)
