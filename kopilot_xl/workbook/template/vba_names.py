"""The VBA module `KopilotNames`: what the macros must know of the sheets, told by the sheets themselves."""

from __future__ import annotations

from kopilot_xl.domain.forecasting import YEAR
from kopilot_xl.domain.segments import BARS, Action
from kopilot_xl.workbook.sheets import (
    actions,
    clients,
    guide,
    portfolio_grid,
    problems,
    settings,
    snapshot,
    transactions,
)
from kopilot_xl.workbook.tables.table import Table

MODULE = "KopilotNames"

_TABLES = (clients.TABLE, transactions.TABLE, actions.TABLE)


def constants() -> dict[str, str | int]:
    """Return each constant's value."""
    return {
        "TITLE": "Kopilot",
        "SNAPSHOT_SHEET": snapshot.SHEET,
        "SNAPSHOT_FORMAT": snapshot.FORMAT,
        "SNAPSHOT_COLUMNS": len(snapshot.COLUMNS),
        "AS_OF_ROW": snapshot.AS_OF_ROW,
        "REFRESHED_ROW": snapshot.REFRESHED_ROW,
        "SHAPE_ROW": snapshot.SHAPE_ROW,
        "COUNTS_ROW": snapshot.COUNTS_ROW,
        "BARS": len(BARS),
        "CLIENTS_ROW": snapshot.CLIENTS_ROW,
        "FIRST_CLIENT_ROW": snapshot.FIRST_CLIENT_ROW,
        "SEGMENT_COLUMN": snapshot.COLUMNS.index("Segment") + 1,
        "NEXT_ACTION_COLUMN": snapshot.COLUMNS.index("Next action") + 1,
        "LEAVES_ON_COLUMN": snapshot.COLUMNS.index("Leaves on") + 1,
        "FIRST_MONTH_ROW": snapshot.REFRESHED_ROW,
        "MONTHS_AHEAD": YEAR,
        "MONTH_COLUMN": snapshot.MONTH_COLUMN,
        "EXPECTED_COLUMN": snapshot.EXPECTED_COLUMN,
        "DATA_COLUMN": snapshot.DATA_COLUMN,
        "DATA_STATE_NAME": portfolio_grid.DATA_STATE,
        "FORMULAS_CELL": snapshot.FORMULAS_CELL,
        "DUE": snapshot.DUE,
        "DONE": "done",
        "REFUSED_MARK": snapshot.REFUSED,
        "CLIENTS_TABLE": clients.TABLE.name,
        "TRANSACTIONS_TABLE": transactions.TABLE.name,
        "ACTIONS_TABLE": actions.TABLE.name,
        "CLIENT_ID_HEADING": clients.CLIENT_ID.header,
        "INPUT_HEADINGS": "".join(_inputs(each) for each in _TABLES),
        "SETTING_NAMES": ",".join(each.name for each in settings.ALL),
        "AS_OF_NAME": settings.AS_OF.name,
        "GUIDE_SHEET": guide.SHEET,
        "PROBLEMS_SHEET": problems.TABLE.name,
        "PLAN_REVENUE": Action.PLAN_REVENUE.value,
        "MARK_LOST": Action.MARK_LOST.value,
        "MARK_CANCELED": Action.MARK_CANCELED.value,
        "REACTIVATE": Action.REACTIVATE.value,
    }


def source() -> str:
    """Return the module."""
    lines = ["Option Explicit", "", "' Written by the build, from what the sheets tell of themselves.", ""]
    for name, value in constants().items():
        kind, text = ("Long", str(value)) if isinstance(value, int) else ("String", f'"{value}"')
        lines.append(f"Public Const {name} As {kind} = {text}")
    return "\n".join(lines) + "\n"


def _inputs(table: Table) -> str:
    """Return the headings of a table's columns that are the user's: |Table|Heading|Heading||."""
    return "|" + "|".join([table.name, *(each.header for each in table.columns if not each.written)]) + "||"
