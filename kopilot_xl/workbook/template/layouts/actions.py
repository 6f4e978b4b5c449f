"""The layout of the sheet Actions in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.workbook.sheets import clients, palette
from kopilot_xl.workbook.sheets.actions import CLIENT_ID, STATUS, TABLE

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet


_OUTCOMES = {
    ActionStatus.APPLIED: palette.GOOD,
    ActionStatus.FULFILLED: palette.GOOD,
    ActionStatus.OVERDUE: palette.ALERT,
    ActionStatus.SUPERSEDED: palette.MUTED,
    ActionStatus.REJECTED: palette.ALERT,
    ActionStatus.PENDING: palette.ACCENT,
}
"""The colour of each Status."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: ids to choose from, and each row's outcome in its colour."""
    from kopilot_xl.workbook.template import styles

    styles.lay_out(ws, TABLE)
    styles.choices(ws, styles.down(TABLE, CLIENT_ID), clients.IDS)
    cells = styles.down(TABLE, STATUS)
    first = cells.partition(":")[0]
    for outcome, color in _OUTCOMES.items():
        styles.when(ws, cells, f'{first}="{outcome}"', color=color)
