"""The layout of the sheet Transactions in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.sheets.transactions import TABLE

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out."""
    from kopilot_xl.workbook.template import styles

    styles.lay_out(ws, TABLE, upright=True)
