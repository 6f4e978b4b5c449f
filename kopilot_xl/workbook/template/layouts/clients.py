"""The layout of the sheet Clients in a new workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kopilot_xl.texts import t
from kopilot_xl.workbook.sheets.clients import CLIENT_ID, IDS, IN_ACTIONS, LEAVES_ON, SEGMENT, TABLE, VALUE

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from kopilot_xl.workbook.tables.table import Table


def build(ws: Worksheet) -> None:
    """Lay the sheet out."""
    _build(ws, TABLE)


def build_macro_free(ws: Worksheet) -> None:
    """Lay the sheet of the macro-free edition out: the same, with what its formulas need out of sight at the right."""
    from kopilot_xl.workbook.sheets.client_formulas import MACRO_FREE
    from kopilot_xl.workbook.template import styles

    _build(ws, MACRO_FREE)
    aside = t("As of the last refresh, whose day Portfolio shows. The columns beside it go on with the day.")
    styles.explain(ws, styles.down(MACRO_FREE, VALUE), VALUE.header, aside)


def _build(ws: Worksheet, table: Table) -> None:
    from kopilot_xl.workbook.sheets import portfolio, settings
    from kopilot_xl.workbook.template import styles

    styles.lay_out(ws, table)
    styles.name_column(ws, IDS, TABLE, CLIENT_ID)
    cells = styles.down(TABLE, SEGMENT)
    styles.tint_segments(ws, cells, cells.partition(":")[0])
    # Without macros a recalculated cell shows an error that says nothing about the client.
    styles.hide(ws, cells, f"ISERROR({cells.partition(':')[0]})")
    links = styles.down(TABLE, IN_ACTIONS)
    styles.link(ws, links)
    styles.days_left(ws, styles.down(TABLE, LEAVES_ON), portfolio.AS_OF, settings.LIFESPAN.name)
