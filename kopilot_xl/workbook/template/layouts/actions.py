"""The layout of the sheet Actions in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.domain.actions import ActionStatus
from kopilot_xl.workbook.sheets import clients, palette
from kopilot_xl.workbook.sheets.actions import AMOUNT, CLIENT_ID, ISSUE_DATE, RECORDED_ON, STATUS, TABLE

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
_PROMPTS = {
    RECORDED_ON: "The day it was decided. Left blank, a refresh writes the day it runs.",
    ISSUE_DATE: "Plan revenue needs the day it will be invoiced, after Recorded on.",
    AMOUNT: "Plan revenue needs an amount above zero.",
}
"""What is said beside a cell that is selected."""


def build(ws: Worksheet) -> None:
    """Lay the sheet out: ids to choose from, each row's outcome in its colour, and all of it red if rejected."""
    from openpyxl.utils.cell import coordinate_from_string

    from kopilot_xl.workbook.template import styles

    styles.lay_out(ws, TABLE)
    styles.choices(ws, styles.down(TABLE, CLIENT_ID), clients.IDS)
    cells = styles.down(TABLE, STATUS)
    first = cells.partition(":")[0]
    for outcome, color in _OUTCOMES.items():
        styles.when(ws, cells, f'{first}="{outcome}"', color=color)
    letters, number = coordinate_from_string(first)
    rejected = f'${letters}{number}="{ActionStatus.REJECTED}"'
    for column in TABLE.columns:
        if column is not STATUS:
            styles.when(ws, styles.down(TABLE, column), rejected, color=palette.ALERT)
    for column, prompt in _PROMPTS.items():
        styles.explain(ws, styles.down(TABLE, column), column.header, prompt)
