"""Put pending writes into a workbook open in Excel."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t, tn
from kopilot_xl.workbook.addresses import LAST_ROW, Area, cell_address, quote_sheet
from kopilot_xl.workbook.book import name_key
from kopilot_xl.workbook.live.book_map import run
from kopilot_xl.workbook.live.excel_errors import formatting_only, is_busy, is_from_excel
from kopilot_xl.workbook.live.excel_values import typed
from kopilot_xl.workbook.live.formulas import around_formulas, completed, linked
from kopilot_xl.workbook.live.layout import Layout, Structure
from kopilot_xl.workbook.live.patches import MACRO, Patch, joined, plan
from kopilot_xl.workbook.live.ranges import formulas_of, put, range_of, values_of, visible_parts
from kopilot_xl.workbook.live.showing import show_rows
from kopilot_xl.workbook.live.writing import PendingWrites, TableWrites
from kopilot_xl.workbook.references import TableResize, resized

if TYPE_CHECKING:
    import xlwings as xw


def check(writes: PendingWrites, structure: Structure) -> None:
    """Make sure that what is pending can be written, as far as that can be known before.

    Raises:
        SaveError: a sheet is protected, or a table has no room to grow.
    """
    _check_protection(writes, structure)
    for key, table in writes.tables.items():
        _check_room(structure, structure.layout(key), table.height)


def apply(writes: PendingWrites, structure: Structure) -> None:
    """Resize the tables, then have everything written at once, or what of it cannot be so in single calls."""
    patches: list[Patch] = []
    for key, table in writes.tables.items():
        layout = structure.layout(key)
        if table.rewritten:
            show_rows(layout)
        _resize(layout, table.height)
        patches += _table_patches(layout, table)
    for blocks in writes.patches.values():
        patches += joined(blocks)
    for patch in patches[_hand_over(structure, patches) :]:
        put(structure.sheets[name_key(patch.sheet)], patch, structure.engine)


def _check_protection(writes: PendingWrites, structure: Structure) -> None:
    names = {structure.layout(key).sheet.name for key in writes.tables}
    names |= {structure.sheets[key].name for key in writes.patches}
    protected = [name for name in sorted(names) if structure.is_protected(name)]
    if protected:
        raise SaveError(
            tn(
                "{book}: the sheet {sheets} is protected. Unprotect (Review, Unprotect Sheet), then try again. "
                "Nothing was changed.",
                "{book}: the sheets {sheets} are protected. Unprotect (Review, Unprotect Sheet), then try again. "
                "Nothing was changed.",
                len(protected),
                book=structure.name,
                sheets=", ".join(protected),
            )
        )


def _check_room(structure: Structure, layout: Layout, height: int) -> None:
    bottom = layout.bottom
    wanted = layout.header_row + height + layout.totals
    if wanted > LAST_ROW:
        raise SaveError(
            t(
                "The table {layout} in {structure} would need {height:,} rows: more than a sheet has.",
                layout=layout.name,
                structure=structure.name,
                height=height,
            )
        )
    if wanted <= bottom:
        return
    below = layout.below[: wanted - bottom]
    if len(below) < wanted - bottom:
        below = values_of(_cells_of(layout, bottom + 1, wanted), structure.engine)
    for row, values in enumerate(below, bottom + 1):
        for column, value in enumerate(values, layout.first_column):
            if value is not None:
                raise SaveError(
                    t(
                        "The table {layout} in {structure} needs {wanted:,} more rows, but {sheet}!{row} below it "
                        "is in use: move what is below the table elsewhere, and try again. Nothing was changed.",
                        layout=layout.name,
                        structure=structure.name,
                        wanted=wanted - bottom,
                        sheet=quote_sheet(layout.sheet.name),
                        row=cell_address(row, column),
                    )
                )


def _resize(layout: Layout, height: int) -> None:
    if height == layout.height and not layout.joined:
        return
    sheet, left, right = layout.sheet, layout.first_column, layout.right
    table = None if layout.table is None else layout.table.excel
    top, new_end = layout.header_row + 1, layout.header_row + height
    old_end = layout.header_row + layout.height - layout.joined
    totals = _totals_formulas(layout, height)
    if table is not None and layout.totals:
        table.show_totals = False
    for part in visible_parts(sheet, new_end + 1, left, old_end - new_end, right - left + 1):
        range_of(sheet, *part).clear_contents()
    if table is not None and layout.table is not None:
        first = layout.header_row if layout.table.show_headers else top
        table.resize(_cells_of(layout, first, new_end))
        if layout.totals:
            table.show_totals = True
            for column, formula in totals.items():
                range_of(sheet, new_end + 1, column, 1, 1).impl.formula = formula
    if new_end > old_end >= top:
        source = _cells_of(layout, old_end, old_end)
        with formatting_only():
            source.autofill(_cells_of(layout, old_end, new_end), "fill_formats")


def _cells_of(layout: Layout, top: int, bottom: int) -> xw.Range:
    """Return the cells in the columns of a table, from one row to another."""
    return range_of(layout.sheet, top, layout.first_column, bottom - top + 1, len(layout.headers))


def _totals_formulas(layout: Layout, height: int) -> dict[int, str]:
    """Return, by column, the formulas of a totals row that are to be others once the table has so many rows.

    Excel shows them again as they were typed.
    """
    if layout.table is None or not layout.totals:
        return {}
    top, left, width, before = layout.header_row + 1, layout.first_column, len(layout.headers), layout.bottom - 1
    data = Area(top, left, before, layout.right)
    resize = TableResize(layout.sheet.name, data, layout.header_row + height, totals=1)
    formulas = {}
    for column, text in enumerate(
        formulas_of(range_of(layout.sheet, layout.bottom, left, 1, width), 1, width)[0], left
    ):
        if isinstance(text, str) and text.startswith("="):
            new = "=" + resized(text[1:], [resize], resize.sheet, layout.bottom, column)
            if new != text:
                formulas[column] = new
    return formulas


def _table_patches(layout: Layout, writes: TableWrites) -> Iterator[Patch]:
    name, layout = layout.sheet.name, replace(layout, height=writes.height)

    @cache
    def formulas() -> Sequence[Sequence[object]]:
        """The formulas of all its cells, read once, if some of them must be known."""
        width = len(layout.headers)
        cells = range_of(layout.sheet, layout.header_row + 1, layout.first_column, layout.height, width)
        return formulas_of(cells, layout.height, width)

    for index, formula in writes.formulas.items():
        yield from completed(layout, index, formula, formulas)
    for index, (formula, rows) in writes.links.items():
        yield from linked(layout, index, formula, rows, formulas)
    columns = [
        Patch(name, layout.header_row + 1 + start, layout.first_column + index, [[value] for value in values])
        for index, (start, values) in sorted(writes.columns.items())
    ]
    for patch in joined(columns):
        if not _is_shown(layout, patch):
            for part in around_formulas(layout, patch, formulas):
                yield replace(part, rows=typed(part.rows))


def _is_shown(layout: Layout, patch: Patch) -> bool:
    """Tell whether a table shows the values of a patch already."""
    first, left = patch.top - layout.header_row - 1, patch.left - layout.first_column
    shown = [row[left : left + patch.width] for row in layout.rows[first : first + patch.height]]
    return shown == [list(row) for row in patch.rows]


def _hand_over(structure: Structure, patches: Sequence[Patch]) -> int:
    """Have the workbook's own macro write the patches, in one call; return how many of them it wrote.

    None where macros are blocked, where the workbook is of a version without it, and on a Mac, whose programs
    pass no arrays to each other.
    """
    if not patches or sys.platform == "darwin":
        return 0
    try:
        done = run(structure.book, MACRO, plan(patches))
    except Exception as error:
        if is_busy(error) or not is_from_excel(error):
            raise
        return 0
    return int(done) if isinstance(done, (int, float)) else 0
