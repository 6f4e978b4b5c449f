"""Have the rows of a table that is rewritten seen, whatever hid the old ones."""

from __future__ import annotations

from kopilot_xl.workbook.live.known import as_known
from kopilot_xl.workbook.live.layout import Layout
from kopilot_xl.workbook.live.ranges import range_of


def show_rows(layout: Layout) -> None:
    """Show every row of a table, and take off the filter that hid some; its buttons stay."""
    if layout.height < 1:
        return
    if as_known(layout.sheet).shows_all_rows:
        return
    cells = range_of(layout.sheet, layout.header_row + 1, layout.first_column, layout.height, len(layout.headers))
    if cells.row_height:  # all of them are as high
        return
    if layout.table is not None and layout.table.excel.show_autofilter:
        # Excel shows all rows when the filter goes. It comes back without what it looked for.
        layout.table.excel.show_autofilter = False
        layout.table.excel.show_autofilter = True
    if not cells.row_height:
        _unhide(cells.api)


def _unhide(api: object) -> None:
    """Unhide the rows of Excel's own range, on Windows or on a Mac."""
    try:
        api.EntireRow.Hidden = False  # type: ignore[attr-defined]
    except AttributeError:
        api.entire_row.hidden.set(False)  # type: ignore[attr-defined]
