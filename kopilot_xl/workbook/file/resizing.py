"""Make a table of a workbook file longer or shorter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kopilot_xl.errors import SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook.addresses import LAST_ROW, Area, cell_address, quote_sheet
from kopilot_xl.workbook.book import BelowCell, Value
from kopilot_xl.workbook.file.following import table_resize, with_formulas
from kopilot_xl.workbook.file.layout import Layout
from kopilot_xl.workbook.file.ooxml import markup, shown_rows, worksheet
from kopilot_xl.workbook.file.ooxml.edits import CLEAR, KEEP, Edit, Move
from kopilot_xl.workbook.file.parts import Structure
from kopilot_xl.workbook.file.reading import SheetReader
from kopilot_xl.workbook.references import resized

_MOST_TOTALS = 20
"""How many rows under a table may be its typed totals: more are something else."""
_RESIZED = {b"table", b"autoFilter", b"sortState", b"sortCondition"}


def check_resizable(layout: Layout, height: int, structure: Structure, reader: SheetReader) -> None:
    """Make sure that a table can be made so many data rows long.

    Raises:
        SaveError: its rows come from a query, the sheet has too few rows, or cells below it are in use.
        BookError: its sheet, or a table of the workbook, cannot be read.
    """
    if layout.query:
        raise SaveError(
            t(
                "The table {layout} in {structure} is filled by a query: turn it into a plain table in Excel "
                "(Table Design, Unlink), save, and try again.",
                layout=layout.name,
                structure=structure.name,
            )
        )
    old = layout.area
    bottom = layout.header_row + height + layout.moving
    if bottom > LAST_ROW:
        raise SaveError(
            t(
                "The table {layout} in {structure} would need {height:,} rows: more than a sheet has.",
                layout=layout.name,
                structure=structure.name,
                height=height,
            )
        )
    end = old.bottom + layout.typed_totals
    if bottom <= end:
        return
    occupied = list(_occupied(layout, Area(end + 1, old.left, bottom, old.right), structure, reader))
    if occupied:
        raise SaveError(
            t(
                "The table {layout} in {structure} needs {bottom:,} more rows, but {sheet}!{cell_address} below "
                "it is in use: move what is below the table elsewhere, save, and try again.",
                layout=layout.name,
                structure=structure.name,
                bottom=bottom - end,
                sheet=quote_sheet(layout.sheet.name),
                cell_address=cell_address(*min(occupied)),
            )
        )


def _occupied(layout: Layout, below: Area, structure: Structure, reader: SheetReader) -> Iterator[tuple[int, int]]:
    """Yield row and column of the cells of an area below a table that hold something or belong to another table."""
    for row in range(below.top, min(below.bottom, len(reader.values(layout.sheet))) + 1):
        for column in range(below.left, below.right + 1):
            if reader.value(layout.sheet, row, column) is not None:
                yield row, column
    for formula in reader.formulas(layout.sheet):
        if below.holds(formula.row, formula.column):
            yield formula.row, formula.column
    for other in structure.tables.values():
        if other.sheet == layout.sheet and other.part != layout.part and other.area.meets(below):
            yield max(other.area.top, below.top), max(other.area.left, below.left)


def typed_totals(layout: Layout, below: Sequence[Sequence[BelowCell]]) -> int:
    """Return how many rows under a table are totals that somebody typed, and so are to move along; 0 where none are.

    They are a few rows with a formula about the table's rows, and without a number that is typed: that would be about
    the rows there were, and wrong in silence.

    Args:
        layout: the table.
        below: the cells under it, as `Layouts.below` returns them.
    """
    if not layout.height or not 0 < len(below) <= _MOST_TOTALS:
        return 0
    grown = table_resize(layout, layout.height + 1)
    cells = [cell for row in below for cell in row if cell.is_filled]
    if grown is None or any(isinstance(cell.value, int | float) and cell.formula is None for cell in cells):
        return 0
    formulas = [cell.formula for cell in cells if cell.formula is not None]
    mark = f"{layout.name}[".casefold()
    is_about = any(
        resized(text, [grown], layout.sheet.name) != text or mark in text.casefold() for text in formulas
    )  # fmt: skip
    return len(below) if is_about else 0


def resize(layout: Layout, height: int, edits: dict[int, dict[int, Value | Edit]], moves: list[Move]) -> None:
    """Add to the edits and moves of a sheet what a table's new height asks for."""
    data_end, new_end = layout.header_row + layout.height, layout.header_row + height
    for row in range(data_end + 1, new_end + 1):  # new rows take the style of the row above
        for column in layout.columns:
            edits.setdefault(row, {}).setdefault(column, None)
    if new_end > data_end and layout.height:
        # The last old row is among the edited ones, for its style to be seen.
        for column in layout.columns:
            edits.setdefault(data_end, {}).setdefault(column, KEEP)
    if height != layout.height and layout.moving:
        moves += [
            Move(data_end + number, new_end + number, layout.first_column, layout.last_column)
            for number in (range(layout.moving, 0, -1) if new_end > data_end else range(1, layout.moving + 1))
        ]
    moved_to = range(new_end + 1, new_end + layout.moving + 1)
    for row in range(new_end + 1, data_end + 1):
        if row not in moved_to:
            for column in layout.columns:
                edits.setdefault(row, {})[column] = CLEAR


def prepare(
    rows: Area,
    edits: dict[int, dict[int, Value | Edit]],
    values: Sequence[Sequence[Value]],
    formulas: Mapping[int, str],
) -> None:
    """Have rows that join a table, and the one above them, in the edited ones, with a cell in every column.

    Blank cells of calculated columns get the formula of the column, by its index.
    """
    for row in range(rows.top - 1, rows.bottom + 1):
        held = values[row - 1] if row <= len(values) else ()
        for column in range(rows.left, rows.right + 1):
            is_blank = column > len(held) or held[column - 1] is None
            formula = formulas.get(column - rows.left) if is_blank and row >= rows.top else None
            blank: Value | Edit = Edit(formula=formula) if formula else None
            edits.setdefault(row, {}).setdefault(column, blank if is_blank and row >= rows.top else KEEP)


def resized_part(data: bytes, layout: Layout, height: int, *, show_all: bool = False) -> bytes:
    """Return a table part whose references end with the last of so many data rows.

    Args:
        data: the part.
        layout: the table as it was.
        height: how many data rows it has now.
        show_all: whether what its filter looks for is taken out, so that it hides nothing.
    """
    data = markup.as_utf8(data)
    new_end = layout.header_row + height
    pieces, done = [], 0
    for tag in markup.tags(data):
        name = markup.local_name(tag["name"])
        reference = markup.attribute(tag[0], "ref")
        if tag["close"] or not reference or name not in _RESIZED:
            continue
        area = worksheet.area_of(reference)
        # Filters and sorting leave the totals row out.
        bottom = max(new_end + layout.totals if name == b"table" else new_end, area.top)
        start = markup.with_attribute(tag[0], "ref", str(replace(area, bottom=bottom)))
        # Excel shows an empty table's one row as "insert row"; what it holds now is data.
        start = markup.without_attribute(start, "insertRow")
        pieces += [data[done : tag.start()], start]
        done = tag.end()
    data = b"".join([*pieces, data[done:]])
    data = with_formulas(data, layout, height)
    return shown_rows.without_criteria(data) if show_all else data
