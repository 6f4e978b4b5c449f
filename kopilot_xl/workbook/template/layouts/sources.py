"""The layout of the hidden sheet of sources in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.workbook.tables.table import Format

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


def build(ws: Worksheet) -> None:
    """Lay the sheet out: only formats, so that days read as days."""
    from kopilot_xl.workbook.template import styles

    styles.widths(ws, (10, 14, 60, 60, 12, 12, 24, 18))
    ws.column_dimensions["E"].number_format = Format.DATE.value
