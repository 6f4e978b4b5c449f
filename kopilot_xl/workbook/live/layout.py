"""What is in a workbook open in Excel: its sheets, tables, named cells and their values, each read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from kopilot_xl.errors import BookError, MissingError, SaveError
from kopilot_xl.texts import t
from kopilot_xl.workbook import header_row, heading_words
from kopilot_xl.workbook.addresses import LAST_ROW, Area
from kopilot_xl.workbook.book import BelowCell, Block, Value, counted_from_1904, find_named, folded, name_key
from kopilot_xl.workbook.live import book_map
from kopilot_xl.workbook.live.book_map import BookMap
from kopilot_xl.workbook.live.excel_errors import BUSY, explained, is_busy, is_from_excel
from kopilot_xl.workbook.live.known import KnownSheet, KnownTable, as_known, known, reference_of
from kopilot_xl.workbook.live.ranges import ReadCells, excel_property, formulas_of, is_protected, range_of, values_of

if TYPE_CHECKING:
    import xlwings as xw
    from xlwings.main import Table as ExcelTable

_SPARSE = 3
"""How many times the cells of its tables may be read of a sheet to read all of them at once."""

_BELOW = 50
"""How many rows under a table are read along with it, so that it need not be asked whether it may grow by a few."""

_CORNER = (60, 12)
"""How many rows and columns of a sheet are read at once for its named cells."""


@dataclass(frozen=True)
class Layout:
    """The header row, first column, headers and data rows of a table.

    `header_row` and `first_column` count from 1. `table` is Excel's own; None for a header row on a sheet with the
    rows under it. `below` has the values of the rows under the table, as far as they were read; `joined` is how many
    of the last rows Excel does not count as the table's yet.
    """

    name: str
    sheet: xw.Sheet
    header_row: int
    first_column: int
    headers: tuple[str, ...]
    height: int
    rows: list[list[Value]]
    table: KnownTable | None = None
    totals: bool = False
    below: Sequence[Sequence[Value]] = ()
    joined: int = 0

    @property
    def bottom(self) -> int:
        """Its last sheet row, the totals row included."""
        return self.header_row + self.height + self.totals

    @property
    def right(self) -> int:
        """Its last sheet column."""
        return self.first_column + len(self.headers) - 1

    def index(self, header: str) -> int | None:
        """Return the index of the first column with this header, None where there is none."""
        wanted = folded(header)
        return next((index for index, name in enumerate(self.headers) if folded(name) == wanted), None)


@dataclass(frozen=True)
class NamedArea:
    """The cells that a defined name refers to: the top left one, counted from 1, and how many rows and columns."""

    sheet: xw.Sheet
    top: int
    left: int
    height: int
    width: int


class Structure:
    """What is in a workbook open in Excel. Every question is asked once, in as few calls as possible."""

    def __init__(self, book: xw.Book) -> None:
        self.book = book
        self._sheets: dict[str, xw.Sheet] | None = None
        self._tables: dict[str, KnownTable] | None = None
        self._found: dict[str, Layout | None] = {}
        self._values_of: dict[str, list[list[Value]]] = {}
        self._corner_of: dict[str, list[list[Value]]] = {}
        self._read_of: dict[str, ReadCells] = {}
        self._named: dict[str, NamedArea | None] = {}

    @cached_property
    def name(self) -> str:
        """The workbook's name, as messages call it."""
        with explained(BookError):
            return str(self.book.name)

    @cached_property
    def date1904(self) -> bool:
        """Whether the workbook counts days from 1904.

        Raises:
            BookError: Excel does not answer.
        """
        with explained(BookError):
            return bool(excel_property(self.book.api, "Date1904", "date_1904"))

    @property
    def sheets(self) -> dict[str, xw.Sheet]:
        """The sheets by `name_key`.

        Raises:
            BookError: Excel does not answer.
        """
        if self._sheets is None:
            with explained(BookError):
                if self._map is None:
                    found = [known(sheet) for sheet in self.book.sheets]
                else:
                    excel = self.book.sheets
                    told = [KnownSheet(excel[each.name], each.name, each.used) for each in self._map.sheets]
                    found = [cast("xw.Sheet", sheet) for sheet in told]
                self._sheets = {name_key(sheet.name): sheet for sheet in found}
        return self._sheets

    @property
    def tables(self) -> dict[str, KnownTable]:
        """The tables of all sheets by `name_key`.

        Raises:
            BookError: Excel does not answer.
        """
        if self._tables is None:
            sheets = self.sheets
            with explained(BookError):
                if self._map is None:
                    found = [KnownTable(str(table.name), one) for one in sheets.values() for table in one.tables]
                else:
                    found = [KnownTable(told.name, sheets[name_key(told.sheet)], told) for told in self._map.tables]
            self._tables = {name_key(table.name): table for table in found}
        return self._tables

    def sheet(self, name: str) -> xw.Sheet | None:
        """Return the sheet that a name means, None where there is none."""
        return find_named(self.sheets, name)

    def table(self, name: str) -> KnownTable | None:
        """Return the table that a name means, None where there is none."""
        return find_named(self.tables, name)

    def layout(self, name: str, height: int = 0) -> Layout:
        """Return the layout of a table; `height` is how many rows it will have, if that is known.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        layout = self.find_layout(name, height)
        if layout is None:
            raise MissingError(
                t(
                    "{book} has no table {name}: name a table so in Excel (Table Design, Table Name), or "
                    "call the sheet {name} and put the headers in its first row.",
                    book=self.name,
                    name=name,
                )
            )
        return layout

    def find_layout(self, name: str, height: int = 0) -> Layout | None:
        """Do the same as `layout`; None where there is no such table."""
        key = name_key(name)
        if key not in self._found:
            table, sheet = self.table(name), self.sheet(name)
            with explained(BookError):
                if table is not None:
                    self._found[key] = self._layout_of(table, height)
                else:
                    self._found[key] = self._layout_on(sheet) if sheet is not None else None
        return self._found[key]

    def below(self, name: str) -> list[list[BelowCell]]:
        """Return the cells under a table, down to the last filled one or to the next table.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        layout = self.layout(name)
        if layout.table is None:
            return []
        with explained(BookError):
            values = self._values_below(layout)
            while values and all(value is None for value in values[-1]):
                values.pop()
            if not values:
                return []
            top, width = layout.bottom + 1, len(layout.headers)
            cells = range_of(layout.sheet, top, layout.first_column, len(values), width)
            formulas = formulas_of(cells, len(values), width)
        return [
            [
                BelowCell(value, text[1:] if isinstance(text, str) and text.startswith("=") else None)
                for value, text in zip(row, texts, strict=True)
            ]
            for row, texts in zip(values, formulas, strict=True)
        ]

    def beside(self, name: str) -> list[list[Value]]:
        """Return the values of a table's sheet, if some may lie outside its columns.

        Raises:
            MissingError: there is no such table.
            BookError: Excel does not answer.
        """
        layout = self.layout(name)
        with explained(BookError):
            beyond = layout.first_column > 1 or as_known(layout.sheet).used.right > layout.right
        return self.values(layout.sheet) if beyond else []

    def _values_below(self, layout: Layout) -> list[list[Value]]:
        """The values under a table, up to the next one."""
        values = [list(row) for row in layout.below]
        if values and any(value is not None for value in values[-1]):
            used = as_known(layout.sheet).used.bottom
            if used > layout.bottom + len(values):
                bottom, right = min(used, LAST_ROW), layout.right
                values = self._read(layout.sheet, Area(layout.bottom + 1, layout.first_column, bottom, right))
        if not any(value is not None for row in values for value in row):
            return []
        for table in self._tables_on(layout.sheet):
            across = table.area.left <= layout.right and table.area.right >= layout.first_column
            if across and table.area.top > layout.bottom:
                values = values[: table.area.top - layout.bottom - 1]
        return values

    def declare(self, name: str, block: Block, table: str | None) -> None:
        """Have cells of a sheet count as the table of a name.

        Raises:
            MissingError: there is no such table or sheet.
            BookError: Excel does not answer.
        """
        if table is not None:
            found = replace(self.layout(table), name=name, headers=tuple(block.headers))
        else:
            sheet = self.sheet(block.sheet)
            if sheet is None:
                raise MissingError(t("{book} has no sheet {name}.", book=self.name, name=block.sheet))
            width, top = len(block.headers), block.header_row
            left = block.first_column - 1
            cut = [row[left : left + width] for row in self.values(sheet)[top : top + block.height]]
            rows = [[*row, *[None] * (width - len(row))] for row in cut]
            rows += [[None] * width for _ in range(block.height - len(rows))]
            found = Layout(name, sheet, top, block.first_column, tuple(block.headers), block.height, rows)
        self._found[name_key(name)] = found

    def grow(self, name: str, rows: int) -> Layout:
        """Count so many rows under a table as its own from now on.

        Raises:
            MissingError: there is no such table.
            SaveError: it has a totals row.
            BookError: Excel does not answer.
        """
        layout = self.layout(name)
        if layout.totals or layout.table is None:
            raise SaveError(
                t(
                    "The table {layout} in {book} cannot grow over the rows below it.",
                    layout=layout.name,
                    book=self.name,
                )
            )
        with explained(BookError):
            below = self._values_below(layout)
        grown = replace(
            layout,
            height=layout.height + rows,
            joined=layout.joined + rows,
            rows=[*layout.rows, *below[:rows]],
            below=below[rows:],
        )
        for key, other in self._found.items():
            if other is layout:
                self._found[key] = grown
        return grown

    def values(self, sheet: xw.Sheet) -> list[list[Value]]:
        """Return the values of a sheet from A1 on, row by row.

        Raises:
            BookError: Excel does not answer.
        """
        key = name_key(sheet.name)
        if key not in self._values_of:
            with explained(BookError):
                used, seen = as_known(sheet).used, self._corner_of.get(key)
                if not seen or used.bottom > len(seen) or used.right > len(seen[0]):
                    seen = self._read(sheet, Area(1, 1, used.bottom, used.right))
                self._values_of[key] = [row[: used.right] for row in seen[: used.bottom]]
        return self._values_of[key]

    def named_area(self, name: str) -> NamedArea:
        """Return the cells that a defined name refers to.

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: Excel does not answer.
        """
        key = name_key(name)
        if key not in self._named:
            self._named[key] = self._look_up(name)
        found = self._named[key]
        if found is None:
            raise MissingError(
                t(
                    "{book} has no cell named {name}, or the name points nowhere: select the cell and "
                    "type {name} into the Name Box in Excel.",
                    book=self.name,
                    name=name,
                )
            )
        return found

    def named_value(self, name: str) -> Value:
        """Return the value of the first cell that a defined name refers to.

        Raises:
            MissingError: there is no such name, or it points nowhere.
            BookError: Excel does not answer.
        """
        area = self.named_area(name)
        key = name_key(area.sheet.name)
        if (rows := self._values_of.get(key)) is not None:  # all that is in use; beyond it there is nothing
            used = area.top <= len(rows) and area.left <= len(rows[area.top - 1])
            return rows[area.top - 1][area.left - 1] if used else None
        seen = self._corner_of.get(key, [])
        if area.top > len(seen) or area.left > len(seen[0]):
            # One call for all names of a sheet. Its used range can be a million blank formatted rows.
            bottom = max(area.top, len(seen), _CORNER[0])
            right = max(area.left, len(seen[0]) if seen else 0, _CORNER[1])
            with explained(BookError):
                seen = self._corner_of[key] = self._read(area.sheet, Area(1, 1, bottom, right))
        return seen[area.top - 1][area.left - 1]

    def _tables_on(self, sheet: xw.Sheet) -> list[KnownTable]:
        return [table for table in self.tables.values() if name_key(table.sheet.name) == name_key(sheet.name)]

    @cached_property
    def engine(self) -> Any:
        """What xlwings reaches Excel with."""
        return self.book.app.engine

    def _read(self, sheet: xw.Sheet, area: Area) -> list[list[Value]]:
        """Read cells in one call."""
        values = values_of(sheet.range(str(area)), self.engine)
        return counted_from_1904(values) if self.date1904 else values

    def _layout_of(self, found: KnownTable, height: int) -> Layout:
        area = found.area
        has_header, totals = found.show_headers, found.show_totals
        tall, wide = area.height, area.width
        values = self._from_top_of(found, max(tall, height + has_header + totals) + _BELOW)
        body = values[has_header : tall - totals]
        stored = values[0] if has_header else [column.Name for column in _list_columns(found.excel)]
        return Layout(
            name=found.name,
            sheet=found.sheet,
            header_row=area.top if has_header else area.top - 1,
            first_column=area.left,
            headers=heading_words.in_english(found.name, [header_row.header(each) for each in stored[:wide]]),
            height=len(body),
            rows=body,
            table=found,
            totals=totals,
            below=values[tall:],
        )

    def _layout_on(self, sheet: xw.Sheet) -> Layout | None:
        """Return the table of a sheet: its only one, or its first header row with the rows under it."""
        own = self._tables_on(sheet)
        if own:
            return self._layout_of(own[0], 0) if len(own) == 1 else None
        values = self.values(sheet)
        found = header_row.find(values)
        if found is None:
            return None
        body = [row[found.left - 1 : found.right] for row in values[found.header_row : found.last_row]]
        rows, names = body or [[None] * len(found.headers)], heading_words.in_english(sheet.name, found.headers)
        return Layout(sheet.name, sheet, found.header_row, found.left, names, len(rows), rows)

    def _from_top_of(self, table: KnownTable, height: int) -> list[list[Value]]:
        """Return so many rows of cells from the top of a table on.

        Tables that share their sheet, as the two of Movements do, are read together, in one call.
        """
        key, wide = name_key(table.sheet.name), table.area.width
        top, left = table.area.top, table.area.left
        known = self._read_of.get(key)
        if known is None or not known.covers(top, left, height, wide):
            known = self._read_of[key] = self._read_tables(table, height)
        return known.part(top, left, height, wide)

    def _read_tables(self, table: KnownTable, height: int) -> ReadCells:
        """Read a table, and the others of its sheet along with it, unless most of that were cells of no table."""
        areas = [other.area for other in self._tables_on(table.sheet)]
        own = table.area
        top, left = min(area.top for area in areas), min(area.left for area in areas)
        bottom = max([own.top + height, *(area.bottom + 1 + _BELOW for area in areas)])
        right = max(area.right for area in areas)
        needed = sum((area.height + _BELOW) * area.width for area in areas)
        if (bottom - top) * (right + 1 - left) > _SPARSE * max(needed, height * own.width):
            top, left, bottom, right = own.top, own.left, own.top + height, own.right
        return ReadCells(top, left, self._read(table.sheet, Area(top, left, min(bottom - 1, LAST_ROW), right)))

    @cached_property
    def _names(self) -> Any:
        return self.book.names

    @cached_property
    def _map(self) -> BookMap | None:
        """Where everything is, if the workbook's own macro says it.

        Raises:
            BookError: Excel does not answer.
        """
        with explained(BookError):
            return book_map.ask(self.book)

    def is_protected(self, name: str) -> bool:
        """Tell whether the sheet of a name takes no writing."""
        key = name_key(name)
        if self._map is not None:
            return any(sheet.is_protected for sheet in self._map.sheets if name_key(sheet.name) == key)
        return is_protected(self.sheets[key])

    def _look_up(self, name: str) -> NamedArea | None:
        try:
            refers_to = self._refers_to(name)
            found = reference_of(refers_to)
            sheet = None if found is None else self.sheet(found[0])
            if found is not None and sheet is not None:
                area = found[1]
                return NamedArea(sheet, area.top, area.left, area.height, area.width)
            cells: Any = self._names[name].refers_to_range  # what a formula leads to
            height, width = cells.shape
            return NamedArea(cells.sheet, cells.row, cells.column, height, width)
        except KeyError:
            return None
        except Exception as error:
            if is_busy(error):
                raise BookError(t(BUSY)) from error
            if not is_from_excel(error):
                raise
            return None  # there is none, or what it pointed to is gone

    def _refers_to(self, name: str) -> str:
        if self._map is not None:
            return self._map.names[name_key(name)]
        return str(self._names[name].refers_to)


def _list_columns(table: ExcelTable) -> Any:
    """Return the columns of a table that shows no headers, whose names are nowhere else."""
    return table.api.ListColumns
