"""The layout of the hidden sheet of results in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.forecasting import YEAR
from kopilot_xl.workbook.sheets.snapshot import AS_OF_ROW, FORMAT, MARK, MONTH_COLUMN, REFRESHED_ROW
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: the format its macros read, and number formats, so that dates read as dates."""
    from kopilot_xl.workbook.template import styles

    ws["A1"], ws["B1"] = MARK, FORMAT
    styles.widths(ws, (14, 16, 80, 12, 12))
    ws[f"B{AS_OF_ROW}"].number_format = Format.DATE.value
    ws[f"B{REFRESHED_ROW}"].number_format = Format.MOMENT.value
    ws.column_dimensions["D"].number_format = Format.DATE.value
    for row in range(REFRESHED_ROW, REFRESHED_ROW + YEAR):
        ws.cell(row, MONTH_COLUMN).number_format = Format.DATE.value
