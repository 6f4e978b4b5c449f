"""The layouts of the hidden sheets that the client card looks up: only formats, so that dates read as dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.sheets.client_data import CLIENTS, LAST, LOG, ROWS, YEAR_TOTALS, YEARS
from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_DATES = {CLIENTS: (LAST + 1,), ROWS: (1,), LOG: (1, 3)}
"""The columns of dates."""


def build(ws: Worksheet) -> None:
    """Lay one of the sheets out."""
    from openpyxl.utils import get_column_letter

    for column in _DATES[ws.title]:
        ws.column_dimensions[get_column_letter(column)].number_format = Format.DATE.value
        ws.column_dimensions[get_column_letter(column)].width = 12
    if ws.title == CLIENTS:
        ws.column_dimensions["A"].width = 40
        ws["B1"].number_format = Format.DATE.value
        for column in range(YEAR_TOTALS, YEAR_TOTALS + YEARS):
            ws.cell(1, column).number_format = Format.RATIO.value  # one of them is above the dates
